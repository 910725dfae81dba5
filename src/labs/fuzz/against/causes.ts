/*
 * What differs, reduced to causes. One bug shows in thousands of cases and in many fields, but all their predictions
 * use the rule that the bug breaks, and few other predictions do: the score is that of spectrum-based fault
 * localization (Ochiai), with rules in the place of statements.
 */

import type { Case } from "../case/case.ts";
import { changedWords } from "../predict/minimize.ts";

/** The machine whose outcome contradicts its prediction; both: each in another way. A single run has only "b". */
export type Side = "a" | "b" | "both";

/** A field in which two outcomes, or an outcome and its prediction, differ. */
export interface DifferingField {
  readonly side: Side;
  readonly field: string;
}

/** A case of which something differs. */
export interface Differing {
  readonly index: number;
  readonly it: Case;
  readonly fields: readonly DifferingField[];
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
  readonly cases: readonly T[];
  /** Cases that were tried and have the trait. */
  readonly of: number;
  /** The fields that differ, and in how many cases each, the most frequent first. */
  readonly fields: readonly (readonly [field: string, cases: number])[];
  readonly smallest: T;
  /** The first field that differs in the smallest case, for this cause. */
  readonly field: string;
}

/** The cases in which a field differs, on one side. */
interface Symptom<T> {
  readonly side: Side;
  readonly field: string;
  readonly cases: readonly T[];
}

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
  const groups = new Map<string, Group<T>>();
  for (const symptom of symptomsOf(differing)) {
    for (const [trait, cases] of explain(symptom.cases, traits)) {
      const { side } = symptom;
      const key = `${side} ${trait}`;
      const group = groups.get(key) ?? { side, trait, symptoms: [], cases: new Set<T>() };
      groups.set(key, group);
      group.symptoms.push({ ...symptom, cases });
      for (const it of cases) group.cases.add(it);
    }
  }
  const ordered = [...groups.values()].sort((a, b) => b.cases.size - a.cases.size);
  return withoutConsequences(ordered, traits).map((group) => causeOf(group, traits));
}

/** The symptoms of one side that one trait explains. */
interface Group<T> {
  readonly side: Side;
  readonly trait: string;
  readonly symptoms: Symptom<T>[];
  readonly cases: Set<T>;
}

/** Traits that more of all cases have say nothing about some of them. */
const COMMON = 0.5;
/** If more of the cases with a trait differ, all do that have it. */
const CERTAIN = 0.9;

/**
 * A symptom that shows only in cases of another cause is a consequence of it: what a program does with a result, for
 * instance. So is one that shows only in cases with a trait because of which cases always differ.
 */
function withoutConsequences<T extends Differing>(
  groups: readonly Group<T>[],
  all: ReadonlyMap<string, number>,
): readonly Group<T>[] {
  const most = COMMON * (all.get(EVERY) ?? 0);
  const causes: Group<T>[] = [];
  for (const group of groups) {
    const cause = causes.find(({ side, trait, cases }) => {
      const count = all.get(trait) ?? 0;
      if (side !== group.side || count > most) return false;
      const isCertain = cases.size >= CERTAIN * count;
      return [...group.cases].every((it) => {
        return it.traits.includes(trait) && (isCertain || cases.has(it));
      });
    });
    if (cause === undefined) causes.push(group);
    else {
      cause.symptoms.push(...group.symptoms);
      for (const it of group.cases) cause.cases.add(it);
    }
  }
  return causes;
}

function symptomsOf<T extends Differing>(differing: readonly T[]): Symptom<T>[] {
  const symptoms = new Map<string, { side: Side; field: string; cases: T[] }>();
  for (const it of differing) {
    for (const { side, field } of it.fields) {
      const name = field.replace(/^written\.\d+$/, "written");
      const key = `${side} ${name}`;
      const symptom = symptoms.get(key) ?? { side, field: name, cases: [] };
      symptoms.set(key, symptom);
      if (symptom.cases.at(-1) !== it) symptom.cases.push(it);
    }
  }
  return [...symptoms.values()];
}

/** Divides cases by the traits that explain them best. */
function* explain<T extends Differing>(
  cases: readonly T[],
  all: ReadonlyMap<string, number>,
): Generator<[trait: string, cases: T[]]> {
  let left = [...cases];
  while (left.length > 0) {
    const trait = mostTelling(left, all);
    const has = ({ traits }: Differing) => trait === EVERY || traits.includes(trait);
    yield [trait, left.filter(has)];
    left = left.filter((it) => !has(it));
  }
}

function mostTelling(cases: readonly Differing[], all: ReadonlyMap<string, number>): string {
  let [best, most] = [EVERY, 0];
  for (const [trait, count] of countsOf(cases.flatMap(({ traits }) => [...traits, EVERY]))) {
    const score = count / Math.sqrt(cases.length * (all.get(trait) ?? count));
    if (score > most) [best, most] = [trait, score];
  }
  return best;
}

function causeOf<T extends Differing>(
  { side, trait, symptoms, ...group }: Group<T>,
  all: ReadonlyMap<string, number>,
): Cause<T> {
  const cases = [...group.cases].sort((a, b) => a.index - b.index);
  const [first = [], ...others] = cases.map(({ traits }) => traits);
  const count = (it: string) => all.get(it) ?? 0;
  const fields = countsOf(symptoms.flatMap(({ field, cases }) => cases.map(() => field)));
  const smallest = smallestOf(cases);
  const shown = symptoms.find((symptom) => symptom.cases.includes(smallest));
  return {
    ...{ side, trait, cases, of: count(trait) },
    also: first
      .filter((it) => it !== trait && others.every((traits) => traits.includes(it)))
      .sort((a, b) => count(a) - count(b)),
    fields: [...fields].sort((a, b) => b[1] - a[1]),
    ...{ smallest, field: shown?.field ?? "" },
  };
}

function smallestOf<T extends Differing>(cases: readonly T[]): T {
  const size = ({ it }: Differing) => changedWords(it) + (it.signal === 0 ? 0 : 1);
  return cases.reduce((best, each) => (size(each) < size(best) ? each : best));
}

function countsOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
