/* A run whose cases depend on nothing but the seed and the machine, so that other machines can make the same one. */

import { setImmediate } from "node:timers/promises";
import { fieldAt, type Place } from "../case/fields.ts";
import { outcomeAt } from "../case/setups.ts";
import { Generator } from "../draw/generate.ts";
import type { Experiment } from "../experiment.ts";
import type { FieldDifference } from "../predict/differences.ts";
import { kindOf } from "../predict/differences.ts";
import type { Change } from "../predict/model.ts";
import { formatPlant } from "../predict/plant.ts";
import { confirm } from "../try/confirm.ts";
import { nameCulprit } from "../try/culprit.ts";
import type { Machine } from "../try/machine.ts";
import type { OutcomeHeader, OutcomeLine, OutcomeLog, Stream } from "./log.ts";
import { formatMark, formatOutcome, formatOutcomeHeader } from "./log.ts";

/** Cases between two marks: the probe has the same. */
const MARK = 4096;
/** So many cases are tried again in stubs that have tried no other; after that, only those that differ in a new way. */
const MOST_FRESH = 4096;

export interface RecordOptions extends Stream {
  readonly cases: number;
  readonly change?: Change | undefined;
  /** Ends the run after the batch under way. */
  readonly stop?: AbortSignal | undefined;
  /** Receives the number of cases that are done. */
  readonly progress?: ((done: number) => void) | undefined;
}

/** The generator of a stream, with the numbers of a machine. */
export function streamOf(
  { seed, path }: Stream,
  { xstateLength, features }: Pick<Machine, "xstateLength" | "features">,
): Generator {
  return new Generator(seed, undefined, { path, xstateLength, features });
}

/**
 * Tries the cases of a stream, and passes the lines of the log to `write`.
 *
 * @throws what trying a case throws
 */
export async function recordOutcomes(
  experiment: Experiment,
  { seed, path, cases, change, stop, progress }: RecordOptions,
  write: (line: string) => void = () => {},
): Promise<OutcomeLog> {
  const { machine, batch, trier } = experiment;
  const planted = change === undefined ? null : formatPlant(change);
  const header: OutcomeHeader = { seed, path, cases, planted, machine };
  write(formatOutcomeHeader(header));
  const generator = streamOf(header, machine);
  const lines = new Map<number, OutcomeLine>();
  const recorder = new Recorder(experiment);
  let done = 0;
  while (done < cases && stop?.aborted !== true) {
    const count = Math.min(batch.capacity, cases - done);
    nameCulprit(() => experiment.draw(generator, done, count), trier, batch, count, done);
    for (let i = 0; i < count; i++) {
      const line = recorder.lineOf(i, done + i);
      if (line === undefined) continue;
      lines.set(line.index, line);
      write(formatOutcome(line));
    }
    done += count;
    if (done % MARK === 0 && done < cases) write(formatMark(done, lines.size));
    progress?.(done);
    // Signals are delivered between two turns of the event loop.
    await setImmediate();
  }
  write(formatMark(done, lines.size));
  return { ...header, lines, done, lost: 0 };
}

/** Confirms outcomes that contradict their predictions. */
class Recorder {
  readonly #experiment: Experiment;
  /** The ways to differ that were seen before. */
  readonly #kinds = new Set<string>();
  #fresh = 0;

  constructor(experiment: Experiment) {
    this.#experiment = experiment;
  }

  /** The line of case `i` of the batch, unless its outcome is the predicted one. */
  lineOf(i: number, index: number): OutcomeLine | undefined {
    const first = this.#look(i);
    if (first.difference === undefined) return undefined;
    const { field, predicted, seen } = kindOf(first.difference);
    const kind = `${field} ${predicted} ${seen}`;
    // A stub that has tried no other case is the better witness, and costs a hundred cases.
    let fresh = this.#fresh++ < MOST_FRESH || !this.#kinds.has(kind);
    this.#kinds.add(kind);
    const again = () => {
      if (fresh) this.#experiment.trier.renew();
      fresh = true;
      this.#experiment.trier.run(this.#experiment.batch, 1, i);
      return this.#look(i);
    };
    const { outcome } = confirm(first, again, ({ hash }) => hash);
    const { difference, hash } = outcome ?? first;
    if (difference === undefined) return undefined;
    const { seen: word } = difference;
    return {
      ...{ index, hash: outcome === undefined ? null : hash, field: difference.field },
      ...{ predicted: difference.predicted, seen: word ?? 0n },
    };
  }

  #look(i: number): { readonly hash: number; readonly difference: FieldDifference | undefined } {
    const { model, batch } = this.#experiment;
    if (!model.differs(batch, i)) return { hash: 0, difference: undefined };
    const place = model.firstDifference(batch, i);
    const hash = model.hash(batch, i, true);
    return { hash, difference: place && this.#differenceAt(i, place) };
  }

  #differenceAt(i: number, place: Place): FieldDifference {
    const { model, batch } = this.#experiment;
    const { halves, words } = model.prediction.outcome;
    const at = outcomeAt(i);
    const { offset, half } = place;
    const word = (its: { halves: Uint32Array; words: BigUint64Array }, from: number) =>
      half
        ? BigInt(its.halves[from + offset / 4] ?? 0)
        : (its.words[(from * 4 + offset) / 8] ?? 0n);
    return {
      field: fieldAt(batch.at(i), place),
      predicted: word({ halves, words }, 0),
      seen: word({ halves: batch.outcomes, words: batch.outcomeWords }, at),
    };
  }
}
