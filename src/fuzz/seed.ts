import { BASELINE } from "./baseline.ts";
import type { Case } from "./case.ts";
import { placeOf } from "./code.ts";
import { indexOf } from "./setups.ts";

/** The baseline, written with SETREGS and resumed with CONT. */
export const SIMPLE: Case = {
  ...{ from: "signal", way: "SETREGS", on: "CONT", signal: 0 },
  ...{ block: BASELINE, pairs: [], words: [], length: 0 },
};

/** A case that starts at a piece of code, with some registers and members changed. */
export function seed(
  code: string,
  registers: Readonly<Record<string, bigint>>,
  change: Partial<Case> = {},
): Case {
  const block = [...BASELINE];
  block[indexOf("rip")] = placeOf(code);
  for (const [name, word] of Object.entries(registers)) block[indexOf(name)] = word;
  return { ...SIMPLE, block: block.map((word) => BigInt.asUintN(64, word)), ...change };
}
