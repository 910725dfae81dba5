/*
 * What differs, reduced to causes. One bug shows in thousands of cases and in many fields, but all their predictions
 * use the rule that the bug breaks, and few other predictions do.
 */

import { countsOf, grouped } from "../../../lib/group.ts";
import type { Case } from "../case/case.ts";
import { changedWords } from "../predict/minimize.ts";

/** The machine whose outcome contradicts its prediction; both: each in another way. A single run has only "b". */
export type Side = "a" | "b" | "both";

/** A case of which something differs. */
export interface Differing {
  readonly index: number;
  readonly it: Case;
  readonly side: Side;
  /** The first field that differs: those after it are its consequences. */
  readonly field: string;
  /** What cases have in common: the rules of their predictions, and how they are written and resumed. */
  readonly traits: readonly string[];
}

/** The trait that every case has. */
export const EVERY = "every case";

export interface Cause<T extends Differing> {
  readonly side: Side;
  /** What the cases have in common: a rule by its id; a way, a stop, a resume; or EVERY. */
  readonly trait: string;
  /** Other traits that all of them have, the rarest first. */
  readonly also: readonly string[];
  /** In the order of their numbers. */
  readonly cases: readonly T[];
  /** Cases that were tried and have the trait. */
  readonly of: number;
  /** The fields that differ first, and in how many cases each, the most frequent first. */
  readonly fields: readonly (readonly [field: string, cases: number])[];
  readonly smallest: T;
}

/** If more of the cases with a trait differ, whatever differs in another one has the same cause. */
const CERTAIN = 0.5;

/**
 * The causes of what differs, those with the most cases first.
 *
 * @param traits for each trait, the number of all cases that have it
 */
export function causesOf<T extends Differing>({
  differing,
  traits,
}: {
  readonly differing: readonly T[];
  readonly traits: ReadonlyMap<string, number>;
}): Cause<T>[] {
  const groups: { readonly side: Side; readonly trait: string; readonly cases: T[] }[] = [];
  for (const symptom of symptomsOf(differing)) {
    for (let left = symptom; left[0] !== undefined; ) {
      const { side } = left[0];
      const own = groups.filter((group) => group.side === side);
      const certain = own.find(
        ({ trait, cases }) =>
          cases.length > CERTAIN * (traits.get(trait) ?? 0) &&
          left.some((it) => it.traits.includes(trait)),
      );
      const trait = certain?.trait ?? mostTelling(left, traits);
      const group = own.find((each) => each.trait === trait) ?? { side, trait, cases: [] };
      if (group.cases.length === 0) groups.push(group);
      group.cases.push(...left.filter((it) => has(it, trait)));
      left = left.filter((it) => !has(it, trait));
    }
  }
  return groups
    .sort((a, b) => b.cases.length - a.cases.length)
    .map(({ trait, cases }) => causeOf(trait, cases, traits));
}

const has = ({ traits }: Differing, trait: string): boolean =>
  trait === EVERY || traits.includes(trait);

/** The index of a pair is not a part of it. */
const nameOf = (field: string): string => field.replace(/^written\.\d+$/, "written");

/** The cases in which the same field of the same side differs first, the largest groups first. */
function symptomsOf<T extends Differing>(differing: readonly T[]): T[][] {
  const symptoms = grouped(differing, ({ side, field }) => `${side} ${nameOf(field)}`);
  return [...symptoms.values()].sort((a, b) => b.length - a.length);
}

/** The trait that many of these cases have, and few others. */
function mostTelling(cases: readonly Differing[], all: ReadonlyMap<string, number>): string {
  let [best, most] = [EVERY, 0];
  for (const [trait, count] of countsOf(cases.flatMap(({ traits }) => [...traits, EVERY]))) {
    const score = (count * count) / (all.get(trait) ?? count);
    if (score > most) [best, most] = [trait, score];
  }
  return best;
}

function causeOf<T extends Differing>(
  trait: string,
  some: readonly T[],
  all: ReadonlyMap<string, number>,
): Cause<T> {
  const cases = some.toSorted((a, b) => a.index - b.index);
  const smallest = smallestOf(cases);
  const count = (it: string) => all.get(it) ?? 0;
  const fields = countsOf(cases.map(({ field }) => nameOf(field)));
  return {
    ...{ side: smallest.side, trait, cases, of: count(trait), smallest },
    also: smallest.traits
      .filter((it) => it !== trait && cases.every(({ traits }) => traits.includes(it)))
      .sort((a, b) => count(a) - count(b)),
    fields: [...fields].sort((a, b) => b[1] - a[1]),
  };
}

function smallestOf<T extends Differing>(cases: readonly T[]): T {
  const size = ({ it }: Differing) => changedWords(it) + (it.signal === 0 ? 0 : 1);
  return cases.reduce((best, each) => (size(each) < size(best) ? each : best));
}
