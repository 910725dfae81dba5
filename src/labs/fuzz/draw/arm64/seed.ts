import { BASELINE, baselineWith } from "../../case/arm64/baseline.ts";
import type { Case } from "../../case/case.ts";

/** The baseline, written as all regsets and resumed with CONT. */
export const SIMPLE: Case = {
  ...{ from: "signal", way: "REGSETS", on: "CONT", signal: 0 },
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
