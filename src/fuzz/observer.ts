import { Batch } from "./batch.ts";
import { type Case, writeSetup } from "./case.ts";
import { type Fields, readFields } from "./fields.ts";
import { Trier } from "./trial.ts";

/** What came of a case. */
export interface Observation {
  /** All that was seen. */
  readonly all: Fields;
  /** What another stub, of another parent, showed as well: no pid, and nothing that was left by another case. */
  readonly stable: Fields;
}

/** Tries single cases, each in two stubs that have seen none before. */
export class Observer {
  readonly #triers: readonly [Trier, Trier];
  readonly #batches: readonly [Batch, Batch];

  constructor(options: { encoder?: string; deadline?: number } = {}) {
    const first = new Trier(options);
    try {
      const second = new Trier(options);
      this.#triers = [first, second];
      this.#batches = [new Batch(1), new Batch(1)];
    } catch (error) {
      first.close();
      throw error;
    }
  }

  /** The batch that has, as its only one, the case last observed and what came of it. */
  get batch(): Batch {
    return this.#batches[0];
  }

  /** @throws what trying it throws */
  observe(it: Case): Observation {
    const [all, other] = [this.#try(it, 0), this.#try(it, 1)];
    return {
      all,
      stable: new Map([...all].filter(([field, word]) => other.get(field) === word)),
    };
  }

  close(): void {
    for (const trier of this.#triers) trier.close();
    for (const batch of this.#batches) batch.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #try(it: Case, which: 0 | 1): Fields {
    const [trier, batch] = [this.#triers[which], this.#batches[which]];
    trier.renew();
    writeSetup(it, batch, 0);
    trier.run(batch, 1);
    return readFields(it, batch, 0);
  }
}
