/* A run whose cases depend on nothing but the seed and the machine, so that other machines can make the same one. */

import { setImmediate } from "node:timers/promises";
import { fieldAt, type Outcome, type Place } from "../case/fields.ts";
import { outcomeAt } from "../case/setups.ts";
import { Generator } from "../draw/generate.ts";
import type { Experiment } from "../experiment.ts";
import type { Machine } from "../machine.ts";
import { kindOf } from "../predict/differences.ts";
import type { Change } from "../predict/model.ts";
import { formatPlant } from "../predict/plant.ts";
import { confirm } from "../try/confirm.ts";
import {
  formatMark,
  formatOutcome,
  formatOutcomeHeader,
  formatUntried,
  type LoggedField,
  type OutcomeHeader,
  type OutcomeLine,
  type OutcomeLog,
  type Stream,
} from "./log.ts";

/** Cases between two marks: the probe has the same. */
const MARK = 4096;
/** So many cases are tried again in stubs that have tried no other; after that, only those that differ in a new way. */
const MOST_FRESH = 4096;
/** In the place of the hash of an outcome: no hash is negative. */
const UNTRIED = -1;

export interface RecordOptions extends Omit<Stream, "known"> {
  readonly cases: number;
  readonly change?: Change | undefined;
  /** Ends the run after the batch under way. */
  readonly stop?: AbortSignal | undefined;
  /** Receives the number of cases that are done. */
  readonly progress?: ((done: number) => void) | undefined;
}

/** What of a machine cases depend on. */
type DrawnFor = Pick<Machine, "xstateLength" | "frameLength" | "xcr0" | "features">;

/** The generator of a stream, with the numbers of a machine. */
export function streamOf(
  { seed, path, known }: Stream,
  { xstateLength, frameLength, xcr0, features }: DrawnFor,
): Generator {
  const options = { path, xstateLength, frameLength, xcr0, features, known };
  return new Generator(seed, options);
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
  const { machine, known, batch } = experiment;
  const planted = change === undefined ? null : formatPlant(change);
  const header: OutcomeHeader = { seed, path, cases, planted, known, machine };
  write(formatOutcomeHeader(header));
  const generator = streamOf(header, machine);
  const lines = new Map<number, OutcomeLine>();
  const untried = new Map<number, string>();
  const recorder = new Recorder(experiment);
  let done = 0;
  while (done < cases && stop?.aborted !== true) {
    const count = Math.min(batch.capacity, cases - done);
    experiment.draw(generator, done, count);
    for (let i = 0; i < count; i++) {
      const reason = experiment.obstacle(i);
      if (reason !== undefined) {
        untried.set(done + i, reason);
        write(formatUntried(done + i, reason));
      }
      const line = recorder.lineOf(i, done + i);
      if (line === undefined) continue;
      lines.set(line.index, line);
      write(formatOutcome(line));
    }
    done += count;
    if (done % MARK === 0 && done < cases) write(formatMark(done, lines.size, untried.size));
    progress?.(done);
    // Signals are delivered between two turns of the event loop.
    await setImmediate();
  }
  write(formatMark(done, lines.size, untried.size));
  return { ...header, lines, untried, done, lost: 0 };
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
    const [difference] = first.fields;
    if (difference === undefined) return undefined;
    const { field, predicted, seen } = kindOf(difference);
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
    // What could be tried once says nothing if it cannot be again.
    const confirmed = outcome?.hash === UNTRIED ? undefined : outcome;
    const { fields, hash } = confirmed ?? first;
    if (fields.length === 0) return undefined;
    return { index, hash: confirmed === undefined ? null : hash, fields };
  }

  /** What differs in the outcome of case `i`, and its hash if something does. */
  #look(i: number): { readonly hash: number; readonly fields: readonly LoggedField[] } {
    const { model, batch } = this.#experiment;
    if (this.#experiment.obstacle(i) !== undefined) return { hash: UNTRIED, fields: [] };
    if (!model.differs(batch, i)) return { hash: 0, fields: [] };
    const places = model.differences(batch, i);
    if (places.length === 0) return { hash: 0, fields: [] };
    const it = batch.at(i);
    const { outcome } = model.prediction;
    const end = outcomeAt(i + 1);
    const seen = {
      halves: batch.outcomes.subarray(outcomeAt(i), end),
      words: batch.outcomeWords.subarray(outcomeAt(i) / 2, end / 2),
    };
    const fields = places.map((place) => {
      return {
        field: fieldAt(it, place),
        predicted: wordAt(outcome, place),
        seen: wordAt(seen, place),
      };
    });
    return { hash: model.hash(batch, i, true), fields };
  }
}

function wordAt({ halves, words }: Outcome, { offset, half }: Place): bigint {
  return half ? BigInt(halves[offset / 4] ?? 0) : (words[offset / 8] ?? 0n);
}
