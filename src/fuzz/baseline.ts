import { CONSTANTS, placeOf, STACK } from "./code.ts";
import { REGISTERS } from "./setups.ts";

/** The registers that setups differ from, and that a stub has between two of them. All others are 0. */
const OTHER_THAN_0: Readonly<Record<string, bigint>> = {
  rip: placeOf("int3"),
  rsp: STACK,
  rdi: CONSTANTS,
  // No call is under way that could be made again.
  orig_rax: 0xffff_ffff_ffff_ffffn,
  // __USER_CS and __USER_DS: arch/x86/include/asm/segment.h
  cs: 0x33n,
  ss: 0x2bn,
  // IF, and the bit that is always set.
  eflags: 0x202n,
};

/** The same in the order of a block. */
export const BASELINE: readonly bigint[] = REGISTERS.map((name) => OTHER_THAN_0[name] ?? 0n);
