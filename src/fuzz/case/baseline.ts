import { CONSTANTS, placeOf, STACK } from "./code.ts";
import { indexOf, REGISTERS } from "./setups.ts";

/** The registers that setups differ from, and that a stub has between two setups. All others are 0. */
const OTHER_THAN_0: Readonly<Record<string, bigint>> = {
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
};

/** The baseline in the order of a block. */
export const BASELINE: readonly bigint[] = REGISTERS.map((name) => OTHER_THAN_0[name] ?? 0n);

/** A block of the baseline with other words, modulo 2^64, in some registers; RIP is at a piece of code, if given. */
export function baselineWith(words: Readonly<Record<string, bigint>>, code?: string): bigint[] {
  const block = [...BASELINE];
  if (code !== undefined) block[indexOf("rip")] = placeOf(code);
  for (const [name, word] of Object.entries(words)) block[indexOf(name)] = BigInt.asUintN(64, word);
  return block;
}
