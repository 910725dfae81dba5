/*
 * One run on two machines, case by case. Both outcomes of a case are known without its being tried again: that of a line
 * in the log, or the predicted one. A fault that both have, such as an emulator's, is no difference.
 */

import { InputError } from "../../../lib/errors.ts";
import { add } from "../../../lib/group.ts";
import { Batch } from "../case/batch.ts";
import type { Case } from "../case/case.ts";
import { SETUP_SIZE } from "../case/records.ts";
import { Generator } from "../draw/generate.ts";
import { deviationsOf } from "../known/arch.ts";
import type { Machine } from "../machine.ts";
import { Model } from "../predict/model.ts";
import { type Cause, type Differing, EVERY } from "./causes.ts";
import type { OutcomeLine, OutcomeLog, Stream } from "./log.ts";

export interface DifferingCase extends Differing {
  readonly a: OutcomeLine | undefined;
  readonly b: OutcomeLine | undefined;
}

/** The causes of what differs between two runs. */
export type ContrastCause = Cause<DifferingCase>;

export interface Contrast {
  readonly a: OutcomeLog;
  readonly b: OutcomeLog;
  /** Cases that both machines had before them. */
  readonly cases: number;
  /** Of these, cases that are not the same: the generator depends on the machine (`streamOf`). */
  readonly others: number;
  /** Cases that could be tried on one machine only: why not on the other, and how many. */
  readonly triedOnlyOn: Readonly<Record<"a" | "b", ReadonlyMap<string, number>>>;
  /** Cases that could be tried on neither. */
  readonly untried: number;
  /** Cases whose outcomes contradict the predictions and are the same. */
  readonly alike: number;
  /** Cases whose outcomes differ as the predictions do, because the machines have other features. */
  readonly explained: number;
  /** Cases whose stop is not predicted for one of the machines: it is not compared. */
  readonly unpredicted: number;
  readonly differing: readonly DifferingCase[];
  /** For each trait, the number of cases that have it. */
  readonly traits: ReadonlyMap<string, number>;
}

const BATCH = 512;
/** In such a case one machine may get to where the other never does. */
const APART = "predictions that differ";

/** The generator of a stream on a machine. @param machine what of it cases depend on */
export function streamOf(
  { seed, path, known }: Stream,
  machine: Pick<Machine, "xstateLength" | "frameLength" | "xcr0" | "features">,
): Generator {
  return new Generator(seed, { ...machine, path, known });
}

/** @throws InputError unless both logs are of one stream of cases */
export function compareOutcomes(a: OutcomeLog, b: OutcomeLog): Contrast {
  for (const member of ["seed", "path"] as const) {
    if (a[member] === b[member]) continue;
    throw new InputError(
      `these are not the same cases: ${member} is ${a[member]} and ${b[member]}`,
    );
  }
  return new Comparer(a, b).compare();
}

/** What one machine makes of a case. */
interface View {
  readonly hash: number;
  readonly isPredicted: boolean;
  readonly rules: readonly string[];
}

class Comparer {
  readonly #a: OutcomeLog;
  readonly #b: OutcomeLog;
  readonly #counts = { others: 0, untried: 0, alike: 0, explained: 0, unpredicted: 0 };
  readonly #triedOnlyOn = { a: new Map<string, number>(), b: new Map<string, number>() };
  readonly #differing: DifferingCase[] = [];
  readonly #traits = new Map<string, number>();

  constructor(a: OutcomeLog, b: OutcomeLog) {
    this.#a = a;
    this.#b = b;
  }

  compare(): Contrast {
    const [a, b] = [this.#a, this.#b];
    const cases = Math.min(a.done, b.done);
    const [generatorA, generatorB] = [streamOf(a, a.machine), streamOf(b, b.machine)];
    const modelOf = ({ machine, known }: OutcomeLog) =>
      new Model(machine, undefined, deviationsOf(known));
    const [modelA, modelB] = [modelOf(a), modelOf(b)];
    using batchA = new Batch(BATCH);
    using batchB = new Batch(BATCH);
    for (let from = 0; from < cases; from += BATCH) {
      const count = Math.min(BATCH, cases - from);
      generatorA.generate(batchA, 0, from, count);
      generatorB.generate(batchB, 0, from, count);
      // All of one model, then all of the other: a change of models sets hundreds of globals.
      const views = [viewsOf(modelA, batchA, count), viewsOf(modelB, batchB, count)] as const;
      for (let i = 0; i < count; i++) {
        const [viewA, viewB] = [views[0][i], views[1][i]];
        if (viewA === undefined || viewB === undefined) continue;
        if (!isSame(batchA, batchB, i)) this.#counts.others++;
        else if (this.#isTried(from + i)) this.#take(from + i, batchA, i, viewA, viewB);
      }
    }
    const found = { triedOnlyOn: this.#triedOnlyOn, differing: this.#differing };
    return { a, b, cases, ...this.#counts, ...found, traits: this.#traits };
  }

  /** Whether both machines have tried a case; if not, it is counted. */
  #isTried(index: number): boolean {
    const [reasonA, reasonB] = [this.#a.untried.get(index), this.#b.untried.get(index)];
    const { a, b } = this.#triedOnlyOn;
    if (reasonA !== undefined && reasonB !== undefined) this.#counts.untried++;
    else if (reasonA !== undefined) add(b, reasonA);
    else if (reasonB !== undefined) add(a, reasonB);
    return reasonA === undefined && reasonB === undefined;
  }

  #take(index: number, batch: Batch, i: number, viewA: View, viewB: View): void {
    const [a, b] = [this.#a.lines.get(index), this.#b.lines.get(index)];
    if (!viewA.isPredicted || !viewB.isPredicted) this.#counts.unpredicted++;
    const it = batch.at(i);
    const rules = new Set([...viewA.rules, ...viewB.rules]);
    const traits = [...traitsOf(it, rules), ...(viewA.hash === viewB.hash ? [] : [APART])];
    for (const trait of [...traits, EVERY]) add(this.#traits, trait);
    if (!this.#differ(a, b, viewA, viewB)) return;
    this.#differing.push({ index, it, a, b, ...firstDifference(a, b), traits });
  }

  /** Whether outcomes differ in a way that the predictions do not explain. */
  #differ(
    a: OutcomeLine | undefined,
    b: OutcomeLine | undefined,
    viewA: View,
    viewB: View,
  ): boolean {
    const samePrediction = viewA.hash === viewB.hash;
    if (a === undefined && b === undefined) {
      if (!samePrediction) this.#counts.explained++;
      return false;
    }
    const isAlike =
      a !== undefined && b !== undefined
        ? areAlike(a, b, samePrediction)
        : // What differs from one prediction may be the other.
          !samePrediction && (a === undefined ? b?.hash === viewA.hash : a.hash === viewB.hash);
    if (isAlike) this.#counts.alike++;
    return !isAlike;
  }
}

function viewsOf(model: Model, batch: Batch, count: number): View[] {
  return Array.from({ length: count }, (_, i) => {
    const { unpredicted } = model.predict(batch, i);
    const rules = model.used.map(({ id }) => id);
    return { hash: model.hash(batch, i), isPredicted: unpredicted === null, rules };
  });
}

function isSame({ setupBytes }: Batch, { setupBytes: other }: Batch, i: number): boolean {
  const [from, to] = [i * SETUP_SIZE, (i + 1) * SETUP_SIZE];
  return Buffer.compare(setupBytes.subarray(from, to), other.subarray(from, to)) === 0;
}

/** Hashes say more, but not if an outcome is another at each attempt, or if they are of other fields. */
function areAlike(a: OutcomeLine, b: OutcomeLine, samePrediction: boolean): boolean {
  if (a.hash === b.hash && a.hash !== null) return true;
  if (samePrediction && a.hash !== null && b.hash !== null) return false;
  return firstDifference(a, b).field === "";
}

/** The first field in which two outcomes differ, and where it contradicts the prediction; "" if they list the same. */
function firstDifference(
  a: OutcomeLine | undefined,
  b: OutcomeLine | undefined,
): Pick<Differing, "side" | "field"> {
  const [seenA, seenB] = [a, b].map(
    (line) => new Map((line?.fields ?? []).map(({ field, seen }) => [field, seen])),
  );
  const rank = (field: string) => EVENTS.indexOf(field.replace(/\..*/, ""));
  const [field] = [...new Set([...(seenA?.keys() ?? []), ...(seenB?.keys() ?? [])])]
    .filter((name) => seenA?.get(name) !== seenB?.get(name))
    .sort((one, other) => rank(one) - rank(other));
  if (field === undefined) return { side: "both", field: "" };
  return { side: !seenB?.has(field) ? "a" : !seenA?.has(field) ? "b" : "both", field };
}

/** Fields, and the parts of outcomes, in the order of events. */
const EVENTS = [
  ...["error", "refusedAt", "written", "resumed", "status"],
  ...["stopped", "signal", "code", "address", "frame"],
];

/** Rules first: they say more than the kind of a case. */
export function traitsOf({ way, from, on, signal }: Case, rules: Iterable<string>): string[] {
  const kinds = [`way ${way}`, `from ${from}`, `on ${on}`, ...(signal === 0 ? [] : ["signal"])];
  return [...rules, ...kinds];
}
