import { Batch } from "../case/batch.ts";
import { OUTCOME, OUTCOME_SIZE, outcomeAt, SETUP_SIZE } from "../case/setups.ts";
import type { Generator } from "../draw/generate.ts";
import type { Judge } from "../predict/judge.ts";
import type { KnownSignatures } from "../predict/known.ts";
import type { DifferenceKind } from "../predict/predicted.ts";
import { AGREES, DIFFERS, sign, signatureOf, UNPREDICTED } from "../predict/signature.ts";
import { confirm } from "../try/confirm.ts";
import type { Trier } from "../try/trial.ts";

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
  /** How many setups have ended their stub, and how many of those did not stop. */
  deaths: number;
  hangs: number;
  /** How many outcomes another attempt contradicted: they count for nothing. */
  unconfirmed: number;
}

export function emptyResult(): PartResult {
  return { cases: 0, found: [], unpredicted: new Map(), deaths: 0, hangs: 0, unconfirmed: 0 };
}

/** The low byte of the status word of a stop. */
const STOPPED = 0x7f;

/**
 * Tries cases, judges their outcomes, and keeps those of new kinds. One that does not agree with its prediction is tried
 * again first: what counts is what two attempts come to.
 */
export class Part {
  readonly #trier: Trier;
  readonly #batch: Batch;
  readonly #judge: Judge;
  readonly #known: KnownSignatures;
  /** Where a case is tried again. */
  readonly #single = new Batch(1);

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
    this.#trier.run(this.#batch, count);
    result.cases += count;
    for (let i = 0; i < count; i++) this.#judgeOne(i);
    sign(this.#batch, 0, count);
    const { signatures } = this.#batch;
    for (let i = 0; i < count; i++) {
      if (this.#known.has(signatures[i] ?? 0)) this.#count(i, result);
      else this.#meet(i, index + i, result);
    }
  }

  /** Takes an outcome that has a new signature. */
  #meet(i: number, index: number, result: PartResult): void {
    const isConfirmed = this.#batch.agreements[i] === AGREES || this.#confirm(i, result);
    this.#count(i, result);
    if (isConfirmed && this.#known.add(this.#batch.signatures[i] ?? 0)) {
      this.#keep(i, index, result);
    }
  }

  /** Tries a case again until two attempts come to the same, which is its outcome then; answers whether any did. */
  #confirm(i: number, result: PartResult): boolean {
    const { setupBytes, agreements, signatures } = this.#batch;
    this.#single.setupBytes.set(setupBytes.subarray(i * SETUP_SIZE, (i + 1) * SETUP_SIZE));
    // A stub that no other case was tried in is the better witness, and costs a hundred cases.
    let fresh = (agreements[i] ?? 0) >= DIFFERS;
    const again = () => {
      if (fresh) this.#trier.renew();
      fresh = true;
      this.#trier.run(this.#single, 1);
      const agreement = this.#judge.judge(this.#single, 0);
      return signatureOf(this.#single, 0, agreement, this.#judge.decided);
    };
    const { outcome, contradictions } = confirm(signatures[i] ?? 0, again, (each) => each);
    result.unconfirmed += contradictions;
    if (outcome !== undefined) this.#replace(i);
    return outcome !== undefined;
  }

  /** Makes what a case came to when it was tried again its outcome. */
  #replace(i: number): void {
    this.#batch.outcomeBytes.set(this.#single.outcomeBytes, i * OUTCOME_SIZE);
    this.#judgeOne(i);
    sign(this.#batch, i, 1);
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

  #judgeOne(i: number): void {
    this.#batch.agreements[i] = this.#judge.judge(this.#batch, i);
    this.#batch.decided[i] = this.#judge.decided;
  }

  #count(i: number, result: PartResult): void {
    const { agreements, outcomes } = this.#batch;
    const at = outcomeAt(i);
    const status = outcomes[at + OUTCOME.status] ?? 0;
    if (outcomes[at + OUTCOME.resumed] === 0 && (status & 0xff) !== STOPPED) {
      result.deaths++;
      if (status === 0) result.hangs++;
    }
    if (agreements[i] !== UNPREDICTED) return;
    const rule = this.#judge.ruleOf(this.#batch, i);
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
