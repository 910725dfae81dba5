import { BASELINE, baselineWith } from "../../case/amd64/baseline.ts";
import { indexOf } from "../../case/amd64/registers.ts";
import type { Case } from "../../case/case.ts";

/** The baseline, written with SETREGS and resumed with CONT. */
export const SIMPLE: Case = {
  ...{ from: "signal", way: "SETREGS", on: "CONT", signal: 0 },
  ...{ block: BASELINE, pairs: [], words: [], length: 0 },
};

/** A case that starts at a piece of code, with some registers and members changed. */
export function seed(
  code: string,
  registers: Readonly<Record<string, bigint>> = {},
  change: Partial<Case> = {},
): Case {
  return { ...SIMPLE, block: baselineWith(registers, code), ...change };
}

/** Pokes of registers; the others stay as they are at the stop. */
export function pokes(from: Case["from"], registers: Readonly<Record<string, bigint>>): Case {
  const pairs = Object.entries(registers).map(([name, word]) => ({
    offset: BigInt(8 * indexOf(name)),
    word,
  }));
  return { ...SIMPLE, ...{ from, way: "POKEUSER", block: [], pairs } };
}
