/* Findings by their causes, as `fuzz diff` has those of two runs: many findings have one wrong rule. */

import { type Cause, causesOf, type Differing, EVERY } from "../against/causes.ts";
import { traitsOf } from "../against/compare.ts";
import type { Case } from "../case/case.ts";
import type { Machine } from "../machine.ts";
import type { FieldDifference } from "../predict/differences.ts";
import type { Suspects } from "../predict/suspects.ts";
import type { Counts } from "../predict/tally.ts";
import { suspectTable } from "./attribution.ts";
import { ruleRow } from "./told.ts";

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
  const differing = findings.flatMap((finding): DifferingFinding<T>[] => {
    const { index, it, differences, suspects } = finding;
    const ids = suspects.rules.map(({ id }) => id);
    const traits = ids.length > 0 ? ids : traitsOf(it, []);
    return differences
      .slice(0, 1)
      .map(({ field }) => ({ finding, index, it, side: "b", field, traits }));
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

/** A cause as documents have it. */
export interface CauseRow extends Omit<ReturnType<typeof suspectTable>, "rules"> {
  /** A rule by its id; or a way, a stop, a resume. */
  readonly trait: string;
  /** The rule, if it is one. */
  readonly rule: ReturnType<typeof ruleRow> | null;
  /** How many of all cases have used the rule. */
  readonly of: number;
}

/** The causes of findings as documents have them, each with the findings that have it. */
export function causeRows<T extends Suspicious>(
  findings: readonly T[],
  counts: Pick<Counts, "cases" | "exercised">,
  machine: Machine,
): (CauseRow & { readonly found: readonly T[] })[] {
  return causesOfFindings(findings, counts).map((cause) => {
    const { trait, of, cases } = cause;
    const found = cases.map(({ finding }) => finding);
    const rule = found.flatMap(({ suspects }) => suspects.rules).find(({ id }) => id === trait);
    const suspects = { rules: rule === undefined ? [] : [rule], vanishes: vanishes(cause) };
    const { rules: _, ...attributed } = suspectTable(suspects, machine);
    return { trait, rule: rule === undefined ? null : ruleRow(rule), of, ...attributed, found };
  });
}
