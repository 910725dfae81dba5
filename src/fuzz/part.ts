import type { Batch } from "./batch.ts";
import type { Generator } from "./generate.ts";
import type { Judge } from "./judge.ts";
import type { KnownSignatures } from "./known.ts";
import type { DifferenceKind } from "./predicted.ts";
import { SETUP_SIZE } from "./setups.ts";
import { DIFFERS, sign, UNPREDICTED } from "./signature.ts";
import type { Trier } from "./trial.ts";

/** A case with an outcome of a kind that was not there before. */
export interface Found {
  /** The number of the case. */
  readonly index: number;
  readonly signature: number;
  /** What the judge said: from DIFFERS on it is a finding. */
  readonly agreement: number;
  readonly setup: Uint8Array;
  /** How it differs first, if it does. */
  readonly kind: DifferenceKind | undefined;
}

/** What came of some cases. */
export interface PartResult {
  cases: number;
  readonly found: Found[];
  /** How many were not predicted, by rule. */
  readonly unpredicted: Map<string, number>;
  deaths: number;
  hangs: number;
}

export function emptyResult(): PartResult {
  return { cases: 0, found: [], unpredicted: new Map(), deaths: 0, hangs: 0 };
}

/** Tries cases, judges their outcomes, and keeps those of new kinds. */
export class Part {
  readonly #trier: Trier;
  readonly #batch: Batch;
  readonly #judge: Judge;
  readonly #known: KnownSignatures;

  /** @param known the signatures that are known; new ones are added */
  constructor(trier: Trier, batch: Batch, judge: Judge, known: KnownSignatures) {
    this.#trier = trier;
    this.#batch = batch;
    this.#judge = judge;
    this.#known = known;
  }

  /** Tries the generator's cases `from` up to and without `to`. */
  generated(generator: Generator, from: number, to: number, result: PartResult): void {
    const { capacity } = this.#batch;
    for (let index = from; index < to; index += capacity) {
      const count = Math.min(capacity, to - index);
      generator.generate(this.#batch, 0, index, count);
      this.#try(index, count, result);
    }
  }

  /** Tries `count` setups that lie in the batch; the first has the number `index`. */
  #try(index: number, count: number, result: PartResult): void {
    const { deaths, hangs } = this.#trier;
    this.#trier.run(this.#batch, count);
    result.deaths += this.#trier.deaths - deaths;
    result.hangs += this.#trier.hangs - hangs;
    result.cases += count;
    for (let i = 0; i < count; i++) this.#judgeOne(i, result);
    sign(this.#batch, 0, count);
    const { signatures } = this.#batch;
    for (let i = 0; i < count; i++) {
      if (this.#known.add(signatures[i] ?? 0)) this.#keep(i, index + i, result);
    }
  }

  /** Tries setups that somebody else has. */
  given(setups: Uint8Array, index: number, result: PartResult): void {
    const room = this.#batch.capacity * SETUP_SIZE;
    for (let at = 0; at < setups.length; at += room) {
      const some = setups.subarray(at, at + room);
      this.#batch.setupBytes.set(some);
      this.#try(index + at / SETUP_SIZE, some.length / SETUP_SIZE, result);
    }
  }

  #judgeOne(i: number, result: PartResult): void {
    const agreement = this.#judge.judge(this.#batch, i);
    this.#batch.agreements[i] = agreement;
    this.#batch.decided[i] = this.#judge.decided;
    if (agreement !== UNPREDICTED) return;
    const { rule } = this.#judge;
    result.unpredicted.set(rule, (result.unpredicted.get(rule) ?? 0) + 1);
  }

  #keep(i: number, index: number, result: PartResult): void {
    const { setupBytes, agreements, signatures } = this.#batch;
    const agreement = agreements[i] ?? 0;
    result.found.push({
      index,
      signature: signatures[i] ?? 0,
      agreement,
      setup: setupBytes.slice(i * SETUP_SIZE, (i + 1) * SETUP_SIZE),
      kind: agreement < DIFFERS ? undefined : this.#judge.kindOf(this.#batch, i),
    });
  }
}
