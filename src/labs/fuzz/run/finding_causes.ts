/* Findings by their causes, as `fuzz diff` has those of two runs: many findings have one wrong rule. */

import { type Cause, causesOf, type Differing, EVERY } from "../against/causes.ts";
import { traitsOf } from "../against/compare.ts";
import type { Case } from "../case/case.ts";
import type { FieldDifference } from "../predict/differences.ts";
import type { Suspects } from "../predict/suspects.ts";
import type { Counts } from "../predict/tally.ts";

/** A case whose outcome contradicts its prediction: a finding of a run, or one of a recording. */
interface Suspicious {
  readonly index: number;
  readonly it: Case;
  readonly differences: readonly FieldDifference[];
  readonly suspects: Suspects;
}

export interface DifferingFinding<T extends Suspicious> extends Differing {
  readonly finding: T;
}

/**
 * The causes of findings, those with the most findings first. Each finding has one, by its first difference; none has
 * one that was not examined, or not reproduced.
 *
 * @param counts of all cases: a rule that few of them use says more
 */
export function causesOfFindings<T extends Suspicious>(
  findings: readonly T[],
  { cases, exercised }: Pick<Counts, "cases" | "exercised">,
): Cause<DifferingFinding<T>>[] {
  const differing = findings.map((finding): DifferingFinding<T> => {
    const { index, it, differences, suspects } = finding;
    const fields = differences.slice(0, 1).map(({ field }) => ({ side: "b" as const, field }));
    const ids = suspects.rules.map(({ id }) => id);
    return { finding, index, it, fields, traits: ids.length > 0 ? ids : traitsOf(it, []) };
  });
  return causesOf({ differing, traits: new Map([...exercised, [EVERY, cases]]) });
}

/** Whether all of the findings are as predicted without the rule. */
export function vanishes<T extends Suspicious>({
  trait,
  cases,
}: Cause<DifferingFinding<T>>): boolean {
  return cases.every(
    ({ finding: { suspects } }) =>
      suspects.vanishes && suspects.rules.some(({ id }) => id === trait),
  );
}
