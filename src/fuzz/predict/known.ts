import { fuzzModule } from "../case/module.ts";

/** A number of slots that the signatures under way hardly ever fill: SLOTS in assembly/fuzz/assess.ts. */
const SLOTS = 4096;

/** The signatures that a run knows. */
export class KnownSignatures {
  readonly #all = new Set<number>();
  /** The address, in the module's memory, of those that were there lately, each in the slot of its low bits. */
  readonly address = fuzzModule().reserve(8 * SLOTS);
  readonly #recent = new Float64Array(fuzzModule().buffer, this.address, SLOTS).fill(-1);

  has(signature: number): boolean {
    return this.#all.has(signature);
  }

  /** Adds a signature, or notes that it was there again. Returns whether it is new. */
  add(signature: number): boolean {
    this.#recent[signature & (SLOTS - 1)] = signature;
    const { size } = this.#all;
    return this.#all.add(signature).size > size;
  }
}
