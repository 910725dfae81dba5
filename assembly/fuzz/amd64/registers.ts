// Chooses the register to change, and words that are significant to the kernel or the processor in it.

import {
  REG_cs,
  REG_ds,
  REG_eflags,
  REG_fs_base,
  REG_gs_base,
  REG_orig_rax,
  REG_rax,
  REG_rdi,
  REG_rip,
  REG_rsp,
  REG_ss,
} from "../../amd64/registers";
import { TRAP_FLAG } from "../../model/amd64/task";
import { below } from "../random";
import * as tables from "../tables";
import { drawResult, drawWord, pick } from "../tables";

const PLAIN_FLAGS: u64 = 0x202;

/** The number of a register to change. */
export function drawIndex(): u32 {
  return u32(pick(tables.registers));
}

/** A word that is significant to some code in this register. */
export function drawRegister(register: u32): u64 {
  // Sometimes any word, to reach unforeseen cases.
  return below(16) == 0 ? drawWord() : drawKnown(register);
}

function drawKnown(register: u32): u64 {
  switch (i32(8 * register)) {
    case REG_rip:
      return drawPlace();
    case REG_rax:
      return drawAnswer();
    case REG_orig_rax:
      return below(3) == 0 ? pick(tables.oddCalls) : pick(tables.calls);
    case REG_eflags:
      return drawFlags();
    case REG_rsp:
      return pick(tables.stacks);
    case REG_rdi:
      return below(5) == 0 ? pick(tables.stores) : pick(tables.addresses);
    case REG_fs_base:
    case REG_gs_base:
      return pick(tables.bases);
    case REG_cs:
    case REG_ss:
      return below(2) == 0 ? pick(tables.usableSelectors) : pick(tables.selectors);
    default:
      return i32(8 * register) >= REG_ds ? pick(tables.selectors) : drawWord();
  }
}

/** A value for RIP: mostly the address of a piece of code. */
export function drawPlace(): u64 {
  const kind = below(64);
  if (kind < 54) return pick(tables.codes);
  return kind < 63 ? pick(tables.otherPlaces) : pick(tables.vsyscalls);
}

function drawAnswer(): u64 {
  const kind = below(8);
  if (kind < 3) return pick(tables.restarts);
  if (kind < 5) return pick(tables.calls);
  return kind < 6 ? pick(tables.oddCalls) : drawResult();
}

function drawFlags(): u64 {
  let flags = PLAIN_FLAGS;
  const kind = below(8);
  if (kind < 2) flags ^= TRAP_FLAG;
  for (let n = kind < 1 ? 0 : 1 + below(3); n > 0; n--) {
    flags ^= u64(1) << pick(tables.flagBits);
  }
  return flags;
}
