// Chooses the register to change, and words that are significant to the kernel or the processor in it.

import { REG_pc, REG_pstate, REG_sp, REG_x0, REG_x1, REG_x8 } from "../../arm64/registers";
import { REG_syscallno } from "../../model/arm64/task";
import { below } from "../random";
import * as tables from "../tables";
import { drawResult, drawWord, pick } from "../tables";

/** The number of a register to change. */
export function drawIndex(): u32 {
  return u32(pick(tables.registers));
}

/** A word that is significant to some code in this register. */
export function drawRegister(register: u32): u64 {
  // Sometimes any word, to reach unforeseen cases.
  if (below(16) == 0) return drawWord();
  switch (i32(8 * register)) {
    case REG_pc:
      return drawPlace();
    case REG_x0:
      return drawAnswer();
    case REG_x1:
      return below(5) == 0 ? pick(tables.stores) : pick(tables.addresses);
    case REG_sp:
      return pick(tables.stacks);
    case REG_pstate:
      return drawPstate();
    case REG_x8:
      return drawCall();
    case REG_syscallno:
      return u32(drawCall());
    default:
      return drawWord();
  }
}

/** A value for pc: mostly the address of a piece of code. */
export function drawPlace(): u64 {
  return below(8) == 0 ? pick(tables.otherPlaces) : pick(tables.codes);
}

function drawCall(): u64 {
  return below(4) == 0 ? pick(tables.oddCalls) : pick(tables.calls);
}

function drawAnswer(): u64 {
  const kind = below(8);
  if (kind < 3) return pick(tables.restarts);
  return kind < 4 ? pick(tables.calls) : drawResult();
}

function drawPstate(): u64 {
  let pstate: u64 = 0;
  for (let n = 1 + below(3); n > 0; n--) {
    pstate ^= u64(1) << pick(tables.pstateBits);
  }
  return pstate;
}
