/* Cases by few words. */

import { baselineWith, indexOf, placeOf } from "../../src/labs/fuzz/case/arch.ts";
import type { Case } from "../../src/labs/fuzz/case/case.ts";
import { SIMPLE } from "../../src/labs/fuzz/draw/seeds.ts";

export { SIMPLE };

type Words = Readonly<Record<string, bigint>>;

/** A case that starts at a piece of code, with some registers and members changed. */
export function seed(code: string, registers: Words = {}, change: Partial<Case> = {}): Case {
  return { ...SIMPLE, block: baselineWith(registers, code), ...change };
}

/** Pokes of registers, and of debug registers that set breakpoint 0, with this kind and length. */
export function breakpoint(
  address: bigint,
  fields: bigint,
  registers: Words,
  change: Partial<Case> = {},
): Case {
  const pairs = [
    ...Object.entries(registers).map(([name, word]) => [8n * BigInt(indexOf(name)), word] as const),
    ...([
      [848n, address],
      [904n, 1n | (fields << 16n)],
    ] as const),
  ].map(([offset, word]) => ({ offset, word }));
  return { ...SIMPLE, way: "POKEUSER", block: [], ...change, pairs };
}

/** A configuration of syscall user dispatch, and a call of sched_yield. */
export function dispatching(
  config: readonly [mode: bigint, selector: bigint, offset: bigint, length: bigint],
  code = "syscall",
  change: Partial<Case> = {},
): Case {
  const words = [...config, placeOf(code), 24n];
  return { ...SIMPLE, way: "DISPATCH", block: [], length: 32, words, ...change };
}
