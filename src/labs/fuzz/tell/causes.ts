/* Findings by their causes, as `fuzz diff` has those of two runs: many findings have one wrong rule. */

import { grouped } from "../../../lib/group.ts";
import { causesOf, EVERY, type Side } from "../against/causes.ts";
import { traitsOf } from "../against/compare.ts";
import type { Case } from "../case/case.ts";
import { formatCase } from "../case/text.ts";
import type { Machine } from "../machine.ts";
import type { FieldDifference } from "../predict/differences.ts";
import { type Causes, NO_CAUSES } from "../predict/model.ts";
import { ruleOf, textOn } from "../predict/rules.ts";
import type { Counts, FoundCase } from "../run/state.ts";
import { causeTable } from "./attribution.ts";
import { onceOf, ruleRow } from "./told.ts";

/** A case whose outcome contradicts its prediction: a finding of a run, or one of a recording. */
interface Suspicious {
  readonly index: number;
  readonly it: Case;
  readonly differences: readonly FieldDifference[];
  readonly causes: Causes;
}

/** A cause as documents have it. */
export interface CauseRow extends Omit<ReturnType<typeof causeTable>, "rules"> {
  /** A rule by its id, or a feature; or, if no single rule explains them, a way, a stop, a resume. */
  readonly trait: string;
  /** The rule, if it is one. */
  readonly rule: ReturnType<typeof ruleRow> | null;
  /** How many of all cases have used the rule. */
  readonly of: number;
}

/**
 * The causes of findings as documents have them, those with the most findings first, each with its findings. A finding has
 * one, by its first difference; it has none if it was not examined, or not reproduced.
 *
 * @param counts of all cases: a rule that few of them use says more
 */
export function causeRows<T extends Suspicious>(
  findings: readonly T[],
  { cases: all, exercised }: Pick<Counts, "cases" | "exercised">,
  machine: Machine,
): (CauseRow & { readonly found: readonly T[] })[] {
  const differing = findings.flatMap((finding) => {
    const { index, it, differences, causes } = finding;
    const ids = [...causes.rules, ...causes.alterations].map(({ id }) => id);
    const names = [...ids, ...causes.features];
    const traits = names.length > 0 ? names : traitsOf(it, []);
    const side: Side = "b";
    return differences
      .slice(0, 1)
      .map(({ field }) => ({ finding, index, it, side, field, traits }));
  });
  const traits = new Map([...exercised, [EVERY, all]]);
  return causesOf({ differing, traits }).map(({ trait, of, cases }) => {
    const found = cases.map(({ finding }) => finding);
    const own = found.map(({ causes }) => ({
      rules: causes.rules.filter(({ id }) => id === trait),
      alterations: causes.alterations.filter(({ id }) => id === trait),
      features: causes.features.filter((name) =>
        found.every((it) => it.causes.features.includes(name)),
      ),
    }));
    const causes = own.find(({ rules }) => rules.length > 0) ?? own[0] ?? NO_CAUSES;
    const { rules: _, ...attributed } = causeTable(causes, machine);
    const named = ruleOf(trait);
    const applied = named && { ...named, told: textOn(named, machine.features) };
    const rule = causes.rules[0] ?? applied;
    return { trait, rule: rule === undefined ? null : ruleRow(rule), of, ...attributed, found };
  });
}

/** Outcomes that did not occur again, as documents have them: by the rules that they contradict, each with its case. */
export function unconfirmedRows(once: readonly FoundCase[], { features }: Machine) {
  const byRule = [...grouped(once, ({ rule }) => rule)];
  return byRule
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([id, cases]) => {
      const rule = id === null ? undefined : ruleOf(id);
      return {
        rule: id,
        text: rule === undefined ? null : textOn(rule, features),
        source: rule?.source ?? null,
        cases: cases.map(({ index, it, first }) => ({
          ...{ index, subject: onceOf(first), case: formatCase(it) },
        })),
      };
    });
}
