import { createHash } from "node:crypto";
import { Random } from "../../../lib/cases/random.ts";

/** Choices that are determined by the names of a student and of a task. */
export class Draw {
  readonly #random: Random;

  constructor(task: string, student: string) {
    const digest = createHash("sha256").update(`${task}\0${student}`).digest();
    this.#random = new Random(digest.readBigUInt64LE());
  }

  one<T>(...choices: readonly [T, ...T[]]): T {
    return this.#random.pick(choices);
  }

  /** A whole number from `least` to `most`. */
  number(least: number, most: number): number {
    return least + this.#random.below(most - least + 1);
  }
}
