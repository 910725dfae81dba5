import type { Case } from "../case/case.ts";
import type { Machine } from "../machine.ts";
import type { FieldDifference } from "../predict/differences.ts";
import type { Suspects } from "../predict/suspects.ts";
import type { Counts } from "../predict/tally.ts";
import { causesOfFindings, vanishes } from "../run/finding_causes.ts";
import { suspectTable } from "./attribution.ts";
import { ruleRow } from "./told.ts";

/** A cause as documents have it. */
export interface CauseRow extends Omit<ReturnType<typeof suspectTable>, "rules"> {
  /** A rule by its id; or a way, a stop, a resume. */
  readonly trait: string;
  /** The rule, if it is one. */
  readonly rule: ReturnType<typeof ruleRow> | null;
  /** How many of all cases have used the rule. */
  readonly of: number;
}

/** The causes of findings of a run or a recording, each with the findings that have it: `causesOfFindings`. */
export function causeRows<
  T extends {
    index: number;
    it: Case;
    differences: readonly FieldDifference[];
    suspects: Suspects;
  },
>(
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
