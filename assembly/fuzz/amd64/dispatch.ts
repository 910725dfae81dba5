// Configurations of syscall user dispatch (../../model/amd64/syscall_user_dispatch.ts), with the registers for a call under it.

import { REG_rax } from "../../amd64/registers";
import { W70_USER_PTR_MAX } from "../../model/amd64/syscall_user_dispatch";
import {
  byteAt,
  CONSTANT_PAGE,
  ownPageAt,
  pageConstants,
  placeInt80,
  placeSyscall,
  SCRATCH_PAGE,
} from "../../model/amd64/target";
import { below } from "../random";
import { addresses, drawWord, pick } from "../tables";
import { drawPlace, drawRegister } from "./registers";

/** Offsets of words on the page of constants whose bytes end no process: 0 and 1. */
const ALLOWS: u32 = 3;
const BLOCKS: u32 = 0x101;
const RIP = 32;

export function drawDispatch(words: usize): void {
  const kind = below(16);
  const isOff = kind == 0;
  const place = below(4) == 0 ? drawPlace() : below(2) == 0 ? placeSyscall : placeInt80;
  const isPlain = isOff && below(4) > 0;
  const near = below(2) == 0 ? place + below(4) : place - below(64);
  const offset = below(4) == 0 ? drawWord() : near;
  const length = below(4) == 0 ? drawWord() : u64(below(80));
  store<u64>(words, isOff ? 0 : kind == 1 ? drawWord() : 1 + below(2));
  store<u64>(words, isPlain || below(2) == 0 ? 0 : drawSelector(), 8);
  store<u64>(words, isPlain || below(4) == 0 ? 0 : offset, 16);
  store<u64>(words, isPlain || below(8) == 0 ? 0 : length, 24);
  store<u64>(words, place, RIP);
  store<u64>(words, drawRegister(REG_rax / 8), 40);
}

function drawSelector(): u64 {
  const kind = below(4);
  return kind == 0 ? pick(addresses) : pageConstants + (kind == 1 ? BLOCKS : ALLOWS);
}

/** Replaces a selector in memory that other cases have written, or, unless `mayKill`, one that ends the process. */
export function tameSelectorOf(words: usize, mayKill: bool): void {
  const selector = load<u64>(words, 8);
  // One that is refused does no harm.
  if (selector == 0 || selector > W70_USER_PTR_MAX) return;
  const page = ownPageAt(selector);
  if (mayKill && page != SCRATCH_PAGE) return;
  if (page == CONSTANT_PAGE && byteAt(selector) <= 1) return;
  store<u64>(words, pageConstants + ALLOWS, 8);
}
