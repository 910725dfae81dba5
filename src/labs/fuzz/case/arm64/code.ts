/*
 * The memory of a target on arm64 (see ../amd64/code.ts). Each part has 64 kB, the largest size of a page.
 *
 *   0x10000000  code       r-x  followed by an unmapped part
 *   0x10020000  constants  r--  the word at offset n is CONSTANT + n
 *   0x10040000  scratch    rw-  four parts: the stack, and the target of stores
 */

import { baselineOf, constantsFrom, piecesAt } from "../pieces.ts";
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

const [NOP, BRK] = [0xd503_201f, 0xd420_0000];

const bytesOf = (...instructions: readonly number[]): number[] => [
  ...new Uint8Array(Uint32Array.from(instructions).buffer),
];

export const { CODES, placeOf, codePage } = piecesAt(CODE, PART, bytesOf(BRK), [
  ["nop", "nop", bytesOf(NOP)],
  ["brk", "brk #0", bytesOf(BRK)],
  ["svc", "svc #0", bytesOf(0xd400_0001)],
  ["nops", "nop, eight times", bytesOf(...Array.from({ length: 8 }, () => NOP))],
  ["udf", "udf #0", bytesOf(0)],
  ["hlt", "hlt #0", bytesOf(0xd440_0000)],
  ["daif", "msr daifset, #2", bytesOf(0xd503_42df)],
  ["load", "ldr x0, [x1]", bytesOf(0xf940_0020)],
  ["store", "str x0, [x1]", bytesOf(0xf900_0020)],
  ["stack", "str x0, [sp, #-16]!; ldr x2, [sp], #16", bytesOf(0xf81f_0fe0, 0xf841_07e2)],
  ["flags", "mrs x0, nzcv", bytesOf(0xd53b_4200)],
  ["pointer", "mrs x0, tpidr_el0", bytesOf(0xd53b_d040)],
  // The handler of signals.
  ["handler", "nop", bytesOf(NOP)],
  // Only a single-step or a signal ends it.
  ["spin", "b to itself", bytesOf(0x1400_0000)],
  ["edge", "nop, at the end of the mapping", bytesOf(NOP), PART - 4],
]);

/** The pieces that come to an end: those of random cases. */
export const ENDING = CODES.filter(({ name }) => name !== "spin");

export const constantsPage = (): Uint8Array => constantsFrom(CONSTANT, PART);

export const { BASELINE, baselineWith } = baselineOf(REGISTERS, "pc", placeOf, {
  pc: placeOf("nop"),
  sp: STACK,
  x1: CONSTANTS,
  // No call is in progress: NO_SYSCALL, in 32 bits.
  syscallno: 0xffff_ffffn,
});
