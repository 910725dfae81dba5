import { Batch } from "../case/batch.ts";
import { SetupList } from "../case/setup_list.ts";
import { SETUP_SIZE } from "../case/setups.ts";
import type { Generator } from "../draw/generate.ts";
import type { Machine } from "../try/machine.ts";
import { Model } from "./model.ts";

/** Of so many generated cases, which are only predicted, those that use the rule are taken, up to a number. */
const [SEARCHED, ENOUGH] = [1 << 17, 256];
const BATCH = 512;

/** The setups that use one rule of the model: cases are made near them. */
export class Focus {
  readonly setups = new SetupList();
  readonly #rule: string;
  readonly #model: Model;
  readonly #batch = new Batch(BATCH);

  /** @param generator what it generates without a corpus is searched, the seeds first */
  constructor(rule: string, machine: Machine, generator: Generator) {
    this.#rule = rule;
    this.#model = new Model(machine);
    for (let index = 0; index < SEARCHED && this.setups.length < ENOUGH; index += BATCH) {
      generator.generate(this.#batch, 0, index, BATCH);
      this.#take(BATCH);
    }
  }

  /** Adds those of some setups that use the rule. */
  add(setups: Uint8Array): void {
    const room = BATCH * SETUP_SIZE;
    for (let at = 0; at < setups.length; at += room) {
      const some = setups.subarray(at, at + room);
      this.#batch.setupBytes.set(some);
      this.#take(some.length / SETUP_SIZE);
    }
  }

  #take(count: number): void {
    const { setupBytes } = this.#batch;
    for (let i = 0; i < count; i++) {
      if (!this.#model.uses(this.#batch, i, this.#rule)) continue;
      this.setups.add(setupBytes.subarray(i * SETUP_SIZE, (i + 1) * SETUP_SIZE));
    }
  }
}
