import { baselineOf } from "../pieces.ts";
import { CONSTANTS, placeOf, STACK } from "./code.ts";
import { REGISTERS } from "./registers.ts";

export const { BASELINE, baselineWith } = baselineOf(REGISTERS, "pc", placeOf, {
  pc: placeOf("nop"),
  sp: STACK,
  x1: CONSTANTS,
  // No call is in progress: NO_SYSCALL, in 32 bits.
  syscallno: 0xffff_ffffn,
});
