import { hex } from "../../../lib/errors.ts";
import type { Case } from "../case/case.ts";
import { signed } from "../case/fields.ts";
import { formatCase } from "../case/text.ts";
import type { LoggedField } from "../log/entries.ts";
import type { FieldDifference } from "../predict/differences.ts";
import { ruleOf, textOn } from "../predict/rules.ts";
import { differenceTable } from "../tell/told.ts";
import type { Contrast, ContrastCause } from "./compare.ts";
import type { OutcomeLine, OutcomeLog } from "./log.ts";

export const AGAINST_SCHEMA = "stublab.against/1";

/** A comparison of two runs as a document "stublab.against/1" (docs/fuzzing.md). */
export type AgainstReport = ReturnType<typeof againstReport>;

/** @param names of the runs @param minimized the smallest case of each cause, minimized, if it was */
export function againstReport(
  contrast: Contrast,
  names: readonly [a: string, b: string],
  causes: readonly ContrastCause[],
  minimized: readonly (Case | undefined)[],
) {
  const { a, b, cases, others, alike, explained, unpredicted, differing } = contrast;
  const { triedOnlyOn, untried } = contrast;
  const only = (one: OutcomeLog, other: OutcomeLog) =>
    one.machine.features.filter((name) => !other.machine.features.includes(name));
  return {
    ...{ a: runRow(a, names[0]), b: runRow(b, names[1]) },
    ...{ seed: hex(a.seed), path: a.path, cases, others, alike, explained, unpredicted },
    triedOnlyOn: { a: reasonRows(triedOnlyOn.a), b: reasonRows(triedOnlyOn.b) },
    untried,
    differing: differing.length,
    features: { a: only(a, b), b: only(b, a) },
    causes: causes.map((cause, i) => {
      const small = minimized[i];
      const { index, it, field, a: lineA, b: lineB } = cause.smallest;
      return {
        side: cause.side,
        rule: ruleRow(cause, contrast),
        ...{ trait: cause.trait, also: cause.also },
        ...{ cases: cause.cases.length, of: cause.of },
        fields: cause.fields.map(([field, count]) => ({ field, cases: count })),
        smallest: {
          index,
          case: formatCase(it),
          field,
          a: lineRow(lineA),
          b: lineRow(lineB),
          unstable: { a: lineA?.hash === null, b: lineB?.hash === null },
        },
        minimized: small === undefined ? null : formatCase(small),
      };
    }),
  };
}

function runRow(log: OutcomeLog, name: string) {
  const { machine, planted, known = null, done, cases, lost } = log;
  const complete = cases === null || done >= cases;
  return { name, machine, planted, known, cases: done, complete, lost };
}

function reasonRows(reasons: ReadonlyMap<string, number>) {
  return [...reasons].map(([reason, cases]) => ({ reason, cases }));
}

/** The rule, as it is on the machine that breaks it. */
function ruleRow({ trait, side }: ContrastCause, { a, b }: Contrast) {
  const rule = ruleOf(trait);
  if (rule === undefined) return null;
  const { features } = (side === "a" ? a : b).machine;
  return { id: rule.id, text: textOn(rule, features), source: rule.source };
}

/** The fields that differ from the prediction; null if none does. */
function lineRow(line: OutcomeLine | undefined) {
  return line === undefined ? null : differenceTable(line.fields.map(differenceOf));
}

/** A field of a log as a difference. */
function differenceOf({ field, predicted, seen }: LoggedField): FieldDifference {
  return { field, predicted: signed(field, predicted), seen: signed(field, seen) };
}
