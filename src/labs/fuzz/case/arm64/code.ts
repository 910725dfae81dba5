/*
 * The memory of a target on arm64 (see ../amd64/code.ts). Each part has 64 kB, the largest size of a page.
 *
 *   0x10000000  code       r-x  followed by an unmapped part
 *   0x10020000  constants  r--  the word at offset n is CONSTANT + n
 *   0x10040000  scratch    rw-  four parts: the stack, and the target of stores
 */

import { baselineOf, piecesAt } from "../pieces.ts";
import LINES from "./code.jsonl";
import { REGISTERS } from "./kinds.ts";

/** Bytes of the code, and of the constants. */
export const PART = 0x1_0000;

export const CODE = 0x1000_0000n;
/** It is not mapped. */
export const HOLE = 0x1001_0000n;
export const CONSTANTS = 0x1002_0000n;
export const SCRATCH = 0x1004_0000n;
export const SCRATCH_SIZE = 4 * PART;
/** The end of the stack, which grows downwards. A part above it can be written to. */
export const STACK = SCRATCH + BigInt(3 * PART);

/** Where the stub code usually lies. */
export const STUB_CODE = 0xffff_ffff_f000n;

export const CONSTANT = 0xc0de_0000_0000_0000n;

export const { CODES, placeOf, codePage } = piecesAt(CODE, PART, "brk", LINES);

/** The pieces that come to an end: those of random cases. */
export const ENDING = CODES.filter(({ name }) => name !== "spin");

export const { BASELINE, baselineWith } = baselineOf(REGISTERS, "pc", placeOf, {
  pc: placeOf("nop"),
  sp: STACK,
  x1: CONSTANTS,
  // No call is in progress: NO_SYSCALL, in 32 bits.
  syscallno: 0xffff_ffffn,
});
