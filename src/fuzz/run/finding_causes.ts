/* The findings of a run by their causes, as `fuzz diff` has those of two runs: many findings have one wrong rule. */

import { type Cause, causesOf, type Differing, EVERY } from "../against/causes.ts";
import { traitsOf } from "../against/compare.ts";
import type { Counts } from "../predict/tally.ts";
import type { Finding } from "./fuzz_findings.ts";

export interface DifferingFinding extends Differing {
  readonly finding: Finding;
}

/**
 * The causes of findings, those with the most findings first. Each finding has one, by its first difference; none has
 * one that was not examined, or not reproduced.
 *
 * @param counts of the run: a rule that few of all cases use says more
 */
export function causesOfFindings(
  findings: readonly Finding[],
  { cases, exercised }: Pick<Counts, "cases" | "exercised">,
): Cause<DifferingFinding>[] {
  const differing = findings.map((finding): DifferingFinding => {
    const { index, it, differences, suspects } = finding;
    const fields = differences.slice(0, 1).map(({ field }) => ({ side: "b" as const, field }));
    const ids = suspects.rules.map(({ id }) => id);
    return { finding, index, it, fields, traits: ids.length > 0 ? ids : traitsOf(it, []) };
  });
  return causesOf({ differing, traits: new Map([...exercised, [EVERY, cases]]) });
}

/** Whether all of the findings are as predicted without the rule. */
export function vanishes({ trait, cases }: Cause<DifferingFinding>): boolean {
  return cases.every(
    ({ finding: { suspects } }) =>
      suspects.vanishes && suspects.rules.some(({ id }) => id === trait),
  );
}
