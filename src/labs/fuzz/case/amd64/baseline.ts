import { baselineOf } from "../pieces.ts";
import { CONSTANTS, placeOf, SCRATCH, STACK } from "./code.ts";
import { REGISTERS } from "./registers.ts";

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
