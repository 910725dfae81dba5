import type { Batch } from "../case/batch.ts";
import type { Machine } from "../try/machine.ts";
import { differs } from "./model/difference.ts";
import { type Change, Model } from "./model/model.ts";
import { Prediction } from "./model/prediction.ts";
import { type DifferenceKind, differencesAt, kindOf, kindText } from "./predicted.ts";
import { AGREES, DIFFERS, UNPREDICTED } from "./signature.ts";

/** What of a run says whether an outcome is what it should be: the model, to which it is compared. */
export class Judge {
  readonly #model: Model;
  readonly #prediction = new Prediction();

  /** @param change a rule of the model that is other than it should be: a planted bug */
  constructor(machine: Machine, change?: Change) {
    this.#model = new Model(machine, change);
  }

  /**
   * What it says of setup `i` and its outcome: AGREES, UNPREDICTED, or a number from DIFFERS on that those share
   * whose outcomes differ in the same way. What is known of a case that is not predicted may differ, too.
   */
  judge(batch: Batch, i: number): number {
    const prediction = this.#prediction;
    this.#model.predict(batch, i, prediction);
    if (differs(prediction, batch, i)) return this.#keyOf(batch, i);
    return prediction.unpredicted === null ? AGREES : UNPREDICTED;
  }

  /** The rule that says why setup `i` is not predicted. */
  ruleOf(batch: Batch, i: number): string {
    this.#model.predict(batch, i, this.#prediction);
    return this.#prediction.unpredicted ?? "";
  }

  /** The registers at the last case's stop that are predicted, a bit each: others may be a pid, or come of one. */
  get decided(): number {
    return this.#prediction.stoppedKnown;
  }

  /** The first field in which the outcome of setup `i` differs from its prediction; undefined where none does. */
  kindOf(batch: Batch, i: number): DifferenceKind | undefined {
    this.#model.predict(batch, i, this.#prediction);
    return this.#kindOf(batch, i);
  }

  #kindOf(batch: Batch, i: number): DifferenceKind | undefined {
    const [first] = differencesAt(this.#prediction, batch, i);
    return first === undefined ? undefined : kindOf(first);
  }

  #keyOf(batch: Batch, i: number): number {
    const kind = this.#kindOf(batch, i);
    return kind === undefined ? DIFFERS : DIFFERS + hash(kindText(kind));
  }
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
