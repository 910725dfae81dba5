import type { Case } from "./case.ts";
import { readSetup, writeSetup } from "./case_record.ts";
import { fuzzModule } from "./module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "./records.ts";

/**
 * Setups and outcomes of up to `capacity` cases, in the memory of this thread's module: the shim and the module work on
 * them in place.
 */
export class Batch {
  readonly capacity: number;
  readonly setups: Uint32Array;
  readonly outcomes: Uint32Array;
  readonly setupWords: BigUint64Array;
  readonly outcomeWords: BigUint64Array;
  readonly setupBytes: Uint8Array;
  readonly outcomeBytes: Uint8Array;
  #isOpen = true;

  /** @throws EncoderError if the module cannot be loaded, or its memory is full. */
  constructor(capacity: number) {
    const { buffer } = fuzzModule();
    const at = fuzzModule().reserve(capacity * SIZE);
    const outcomes = at + capacity * SETUP_SIZE;
    this.capacity = capacity;
    this.setupBytes = new Uint8Array(buffer, at, capacity * SETUP_SIZE);
    this.outcomeBytes = new Uint8Array(buffer, outcomes, capacity * OUTCOME_SIZE);
    this.setups = new Uint32Array(buffer, at, (capacity * SETUP_SIZE) / 4);
    this.outcomes = new Uint32Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 4);
    this.setupWords = new BigUint64Array(buffer, at, (capacity * SETUP_SIZE) / 8);
    this.outcomeWords = new BigUint64Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 8);
  }

  /** Writes cases as setups from `first` on. */
  put(cases: readonly Case[], first = 0): void {
    const end = first + cases.length;
    if (end > this.capacity) throw this.#beyond(end - 1);
    for (const [i, it] of cases.entries()) writeSetup(it, this, first + i);
  }

  at(i: number): Case {
    if (i < 0 || i >= this.capacity) throw this.#beyond(i);
    return readSetup(this, i);
  }

  /** Releases its memory. Neither it nor its views may be used afterwards. */
  close(): void {
    if (this.#isOpen) fuzzModule().release(this.setups.byteOffset, this.capacity * SIZE);
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #beyond(i: number): RangeError {
    return new RangeError(`no case ${i} in a batch of ${this.capacity}`);
  }
}

/** Bytes of a case. */
const SIZE = SETUP_SIZE + OUTCOME_SIZE;
