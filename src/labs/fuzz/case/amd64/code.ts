/*
 * The memory of a target, a stub in which setups are tried. Addresses are the same in all targets, so that a case means
 * the same everywhere, and below 4 GB, so that 32-bit code can run there.
 *
 *   0x10000000  code       r-x  one page, followed by an unmapped one
 *   0x10002000  constants  r--  one page: the word at offset n is CONSTANT + n
 *   0x10004000  scratch    rw-  four pages: the stack, and the target of stores
 *   top         stub code  r-x  not used by cases
 */

import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { baselineOf, piecesAt } from "../pieces.ts";
import LINES from "./code.jsonl";
import { REGISTERS } from "./kinds.ts";

/** Bytes of the code, and of the constants. */
export const PART = PAGE_SIZE;

export const CODE = 0x1000_0000n;
/** It is not mapped. */
export const HOLE = 0x1000_1000n;
export const CONSTANTS = 0x1000_2000n;
export const SCRATCH = 0x1000_4000n;
export const SCRATCH_SIZE = 4 * PAGE_SIZE;
/** The end of the stack, which grows downwards. One page above it can be written to. */
export const STACK = SCRATCH + BigInt(3 * PAGE_SIZE);

/** Where the stub code usually lies. */
export const STUB_CODE = 0x7fff_ffff_e000n;

export const CONSTANT = 0xc0de_0000_0000_0000n;

export const { CODES, placeOf, codePage } = piecesAt(CODE, PART, "int3", LINES);

export const { BASELINE, baselineWith } = baselineOf(REGISTERS, "rip", placeOf, {
  rip: placeOf("int3"),
  rsp: STACK,
  rdi: CONSTANTS,
  // No call is in progress that could be restarted.
  orig_rax: 0xffff_ffff_ffff_ffffn,
  // __USER_CS and __USER_DS: arch/x86/include/asm/segment.h
  cs: 0x33n,
  ss: 0x2bn,
  // IF, and the bit that is always set.
  eflags: 0x202n,
});

/** What no signal frame holds, so a stub that tries setups by itself keeps it. Little of it is as it would be by default. */
export const KEPT = {
  fs_base: CONSTANTS,
  gs_base: SCRATCH,
  // __USER_DS
  ds: 0x2bn,
  es: 0x2bn,
  fs: 0n,
  gs: 0n,
} as const;
