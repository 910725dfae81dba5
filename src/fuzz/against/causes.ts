/*
 * Cases that differ, reduced to causes. One bug shows in thousands of cases and in many fields, but all their predictions
 * use the rule that the bug breaks, and few other predictions do: the score is that of spectrum-based fault
 * localization (Ochiai), with rules in the place of statements.
 */

import { changedWords } from "../predict/minimize.ts";
import type { Contrast, DifferingCase, Side } from "./compare.ts";
import type { OutcomeLine } from "./log.ts";

export interface Cause {
  readonly side: Side;
  /** What the cases have in common: a rule by its id, or a way, a stop, a resume. */
  readonly trait: string;
  /** Other traits that all of them have, the rarest first. */
  readonly also: readonly string[];
  /** In the order of the run. */
  readonly cases: readonly DifferingCase[];
  /** Cases with the trait that do not differ. */
  readonly agreeing: number;
  /** The fields that differ first, and in how many cases each, the most frequent first. */
  readonly fields: readonly (readonly [field: string, cases: number])[];
  readonly smallest: DifferingCase;
}

const SIDES: readonly Side[] = ["a", "b", "both"];

/** The causes of what differs, those with the most cases of each side first. */
export function causesOf({ differing, agreeing }: Contrast): Cause[] {
  return SIDES.flatMap((side) => {
    const causes: Cause[] = [];
    let left = differing.filter((it) => it.side === side);
    while (left.length > 0) {
      const trait = mostTelling(left, agreeing);
      const own = left.filter(({ traits }) => traits.includes(trait));
      left = left.filter(({ traits }) => !traits.includes(trait));
      causes.push(causeOf(side, trait, own, agreeing));
    }
    return causes.sort((a, b) => b.cases.length - a.cases.length);
  });
}

function mostTelling(
  cases: readonly DifferingCase[],
  agreeing: ReadonlyMap<string, number>,
): string {
  let [best, most] = ["", -1];
  for (const [trait, count] of countsOf(cases.flatMap(({ traits }) => traits))) {
    const all = count + (agreeing.get(trait) ?? 0);
    const score = count / Math.sqrt(cases.length * all);
    if (score > most) [best, most] = [trait, score];
  }
  return best;
}

function causeOf(
  side: Side,
  trait: string,
  cases: readonly DifferingCase[],
  agreeing: ReadonlyMap<string, number>,
): Cause {
  const [first = [], ...others] = cases.map(({ traits }) => traits);
  const rarity = (it: string) => agreeing.get(it) ?? 0;
  return {
    ...{ side, trait, cases, agreeing: rarity(trait) },
    also: first
      .filter((it) => it !== trait && others.every((traits) => traits.includes(it)))
      .sort((a, b) => rarity(a) - rarity(b)),
    fields: [...countsOf(cases.map(fieldOf))].sort((a, b) => b[1] - a[1]),
    smallest: smallestOf(cases),
  };
}

/** The line of the machine whose outcome contradicts its prediction; of both, that of the second. */
export function lineOf({ a, b }: DifferingCase): OutcomeLine | undefined {
  return b ?? a;
}

function fieldOf(it: DifferingCase): string {
  return (lineOf(it)?.field ?? "").replace(/^written\.\d+$/, "written");
}

function smallestOf(cases: readonly DifferingCase[]): DifferingCase {
  const size = ({ it }: DifferingCase) => changedWords(it) + (it.signal === 0 ? 0 : 1);
  return cases.reduce((best, each) => (size(each) < size(best) ? each : best));
}

function countsOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
