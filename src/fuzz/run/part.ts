import { Batch } from "../case/batch.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "../case/setups.ts";
import type { Generator } from "../draw/generate.ts";
import type { KnownSignatures } from "../predict/known.ts";
import type { Model } from "../predict/model.ts";
import { type DifferenceKind, differencesAt, kindOf, kindText } from "../predict/predicted.ts";
import { AGREES, DIFFERS, signatureOf, UNPREDICTED } from "../predict/signature.ts";
import { type Counts, noCounts, takeCounts } from "../predict/tally.ts";
import { confirm } from "../try/confirm.ts";
import type { Trier } from "../try/trial.ts";

/** A case whose outcome has a new signature. */
export interface Found {
  /** The number of the case. */
  readonly index: number;
  readonly signature: number;
  /** How it compares with its prediction: from DIFFERS on it is a finding. */
  readonly agreement: number;
  readonly setup: Uint8Array;
  /** Its first difference, if it differs. */
  readonly kind: DifferenceKind | undefined;
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
 * Tries cases, compares their outcomes with their predictions, and keeps those of new kinds. A case whose outcome differs
 * is tried again first: only an outcome that two attempts have counts.
 */
export class Part {
  readonly #trier: Trier;
  readonly #batch: Batch;
  readonly #model: Model;
  readonly #known: KnownSignatures;
  /** Where a case is tried again. */
  readonly #single = new Batch(1);

  /** @param known the signatures that are known; new ones are added */
  constructor(trier: Trier, batch: Batch, model: Model, known: KnownSignatures) {
    this.#trier = trier;
    this.#batch = batch;
    this.#model = model;
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

  /** Tries setups that are given; the first has the number `index`. */
  given(setups: Uint8Array, index: number, result: PartResult): void {
    const room = this.#batch.capacity * SETUP_SIZE;
    for (let at = 0; at < setups.length; at += room) {
      const some = setups.subarray(at, at + room);
      this.#batch.setupBytes.set(some);
      this.#try(index + at / SETUP_SIZE, some.length / SETUP_SIZE, result);
    }
  }

  /** Tries the first `count` setups of the batch; the first has the number `index`. */
  #try(index: number, count: number, result: PartResult): void {
    const { news } = this.#batch;
    this.#trier.run(this.#batch, count);
    const found = this.#model.assess(this.#batch, count, this.#known);
    for (let k = 0; k < found; k++) this.#meet(news[k] ?? 0, index, result);
    takeCounts(result);
  }

  /** Takes an outcome that differs, or whose signature was not remembered. */
  #meet(i: number, first: number, result: PartResult): void {
    const { agreements, signatures } = this.#batch;
    if (agreements[i] === DIFFERS) this.#signDifference(i);
    const isKnown = this.#known.has(signatures[i] ?? 0);
    const isNew = !isKnown && (agreements[i] === AGREES || this.#confirm(i, result));
    this.#model.count(this.#batch, i);
    // A second attempt may have another signature.
    if (!isKnown && !isNew) return;
    if (this.#known.add(signatures[i] ?? 0)) result.found.push(this.#take(i, first + i));
  }

  /** Tries a case again until two attempts agree, and takes their outcome; returns whether any two agree. */
  #confirm(i: number, result: PartResult): boolean {
    const { setupBytes, agreements, signatures } = this.#batch;
    this.#single.setupBytes.set(setupBytes.subarray(i * SETUP_SIZE, (i + 1) * SETUP_SIZE));
    // A stub that has tried no other case is the better witness, and costs a hundred cases.
    let fresh = (agreements[i] ?? 0) >= DIFFERS;
    const again = () => {
      if (fresh) this.#trier.renew();
      fresh = true;
      this.#trier.run(this.#single, 1);
      return signAgain(this.#model, this.#single, 0);
    };
    const { outcome, contradictions } = confirm(signatures[i] ?? 0, again, (each) => each);
    result.unconfirmed += contradictions;
    if (outcome === undefined) return false;
    this.#batch.outcomeBytes.set(this.#single.outcomeBytes, i * OUTCOME_SIZE);
    signAgain(this.#model, this.#batch, i);
    return true;
  }

  #signDifference(i: number): void {
    const { decided } = this.#batch;
    signatureOf(this.#batch, i, keyOf(this.#model, this.#batch, i), decided[i]);
  }

  #take(i: number, index: number): Found {
    const { setupBytes, agreements, signatures } = this.#batch;
    const agreement = agreements[i] ?? 0;
    return {
      index,
      signature: signatures[i] ?? 0,
      agreement,
      setup: setupBytes.slice(i * SETUP_SIZE, (i + 1) * SETUP_SIZE),
      kind: agreement < DIFFERS ? undefined : firstDifference(this.#model, this.#batch, i),
    };
  }
}

/** Compares and signs a case that was tried again; returns its signature. */
function signAgain(model: Model, batch: Batch, i: number): number {
  const differs = model.differs(batch, i);
  const { unpredicted, stoppedKnown } = model.prediction;
  const agreement = differs ? keyOf(model, batch, i) : unpredicted === null ? AGREES : UNPREDICTED;
  return signatureOf(batch, i, agreement, stoppedKnown);
}

/** What outcomes that differ in the same way have in common: a number from DIFFERS on. */
function keyOf(model: Model, batch: Batch, i: number): number {
  return DIFFERS + hash(kindText(firstDifference(model, batch, i)));
}

function firstDifference(model: Model, batch: Batch, i: number): DifferenceKind {
  const [first] = differencesAt(model.predict(batch, i), batch, i);
  if (first === undefined) throw new Error("an outcome differs from its prediction in no field");
  return kindOf(first);
}

/** A number below 2^52 of a text. */
function hash(text: string): number {
  let [low, high] = [0x811c_9dc5, 0x1234_5671];
  for (let k = 0; k < text.length; k++) {
    low = Math.imul(low ^ text.charCodeAt(k), 0x0100_0193);
    high = Math.imul(high ^ low, 0x85eb_ca6b) ^ (high >>> 13);
  }
  return (high & 0xf_ffff) * 2 ** 32 + (low >>> 0);
}
