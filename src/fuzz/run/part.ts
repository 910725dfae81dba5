import { SETUP_SIZE } from "../case/setups.ts";
import type { Generator } from "../draw/generate.ts";
import type { Comparison, Experiment } from "../experiment.ts";
import type { KnownSignatures } from "../predict/known.ts";
import { AGREES } from "../predict/signature.ts";
import { type Counts, noCounts, takeCounts } from "../predict/tally.ts";

/** A case whose outcome has a new signature. */
export interface Found extends Comparison {
  /** The number of the case. */
  readonly index: number;
  readonly setup: Uint8Array;
}

/** The result of some cases. */
export interface PartResult extends Counts {
  readonly found: Found[];
  /** How many outcomes another attempt contradicted: they do not count. */
  unconfirmed: number;
}

export function emptyResult(): PartResult {
  return { ...noCounts(), found: [], unconfirmed: 0 };
}

/**
 * A part of a round: keeps cases whose outcomes are of new kinds. A case whose outcome differs from its prediction is
 * tried again first: only an outcome that two attempts have counts.
 */
export class Part {
  readonly #experiment: Experiment;
  readonly #known: KnownSignatures;

  /** @param known the signatures that are known; new ones are added */
  constructor(experiment: Experiment, known: KnownSignatures) {
    this.#experiment = experiment;
    this.#known = known;
  }

  /** Tries the generator's cases `from` up to and without `to`. */
  generated(generator: Generator, from: number, to: number, result: PartResult): void {
    const { capacity } = this.#experiment.batch;
    for (let index = from; index < to; index += capacity) {
      const count = Math.min(capacity, to - index);
      this.#experiment.draw(generator, index, count);
      this.#assess(index, count, result);
    }
  }

  /** Tries setups that are given; the first has the number `index`. */
  given(setups: Uint8Array, index: number, result: PartResult): void {
    const { batch, trier } = this.#experiment;
    const room = batch.capacity * SETUP_SIZE;
    for (let at = 0; at < setups.length; at += room) {
      const some = setups.subarray(at, at + room);
      const count = some.length / SETUP_SIZE;
      batch.setupBytes.set(some);
      trier.run(batch, count);
      this.#assess(index + at / SETUP_SIZE, count, result);
    }
  }

  /** Assesses the first `count` cases of the batch; the first has the number `index`. */
  #assess(index: number, count: number, result: PartResult): void {
    const { model, batch } = this.#experiment;
    for (const i of model.assess(batch, count, this.#known)) {
      const confirmed = this.#confirm(i, result);
      model.count(batch, i);
      if (confirmed === undefined || !this.#known.add(confirmed.signature)) continue;
      const setup = batch.setupBytes.slice(i * SETUP_SIZE, (i + 1) * SETUP_SIZE);
      result.found.push({ ...confirmed, index: index + i, setup });
    }
    takeCounts(result);
  }

  /** Compares case `i`; undefined if no two attempts agree on something new. */
  #confirm(i: number, result: PartResult): Comparison | undefined {
    const first = this.#experiment.compare(i);
    if (first.agreement === AGREES || this.#known.has(first.signature)) return first;
    const { outcome, contradictions } = this.#experiment.confirm(i, first);
    result.unconfirmed += contradictions;
    return outcome;
  }
}
