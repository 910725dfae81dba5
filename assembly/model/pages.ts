// The memory of a target (src/labs/fuzz/case/ARCH/code.ts), which the build describes: pages, or on arm64 parts that are
// as large as the largest page.

import {
  endOfScratch,
  handlerStop,
  pageCode,
  pageConstants,
  pageScratch,
  placeHandler,
  sizeOfPart,
} from "../../build/tables";
import { stubCode } from "./machine";

const SIZE: u64 = sizeOfPart;

/** The contents of the pages of code and of constants: their addresses in this module, which the host writes. */
export let codeBytes: usize = 0;
export let constantBytes: usize = 0;

/** What a page is to a program. */
export const UNMAPPED: u32 = 0;
export const CODE_PAGE: u32 = 1;
export const CONSTANT_PAGE: u32 = 2;
export const SCRATCH_PAGE: u32 = 3;
export const STUB_PAGE: u32 = 4;

/** The page of an address. */
export function pageAt(address: u64): u32 {
  return address - (stubCode & ~(SIZE - 1)) < SIZE ? STUB_PAGE : ownPageAt(address);
}

/** The same on any machine: as if there were no stub code. */
export function ownPageAt(address: u64): u32 {
  if (address - pageScratch < endOfScratch - pageScratch) return SCRATCH_PAGE;
  if (address - pageCode < SIZE) return CODE_PAGE;
  return address - pageConstants < SIZE ? CONSTANT_PAGE : UNMAPPED;
}

/** The address in this module of what is on the page of code or of constants. */
function bytesAt(address: u64): usize {
  return (address - pageCode < SIZE ? codeBytes : constantBytes) + usize(address & (SIZE - 1));
}

/** A byte of these pages. */
export function byteAt(address: u64): u32 {
  return load<u8>(bytesAt(address));
}

/** Four bytes. */
export function halfAt(address: u64): u32 {
  return load<u32>(bytesAt(address));
}

/** Whether a task is in the handler of signals: at its first instruction, or where it stops. */
export function isInHandler(address: u64): bool {
  return address == placeHandler || address == placeHandler + handlerStop;
}
