import { type Case, stepsOf } from "./case.ts";
import { readCase, writeSetup } from "./case_record.ts";
import { fuzzModule } from "./module.ts";
import { OUTCOME_SIZE, SETUP_SIZE, setupViews } from "./records.ts";

/**
 * Setups and outcomes of up to `capacity` steps of cases, in the memory of this thread's module: the shim and the module
 * work on them in place.
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
    const { setups, setupWords, setupBytes } = setupViews(buffer, at, capacity);
    [this.setups, this.setupWords, this.setupBytes] = [setups, setupWords, setupBytes];
    this.outcomeBytes = new Uint8Array(buffer, outcomes, capacity * OUTCOME_SIZE);
    this.outcomes = new Uint32Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 4);
    this.outcomeWords = new BigUint64Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 8);
  }

  /** Writes the steps of cases as setups from `first` on, and returns the index of the last of each case. */
  put(cases: readonly Case[], first = 0): number[] {
    let next = first;
    return cases.map((it) => {
      for (const step of stepsOf(it)) {
        if (next >= this.capacity) throw this.#beyond(next);
        writeSetup(step, this, next++);
      }
      return next - 1;
    });
  }

  /** The case whose last step is setup `i`. */
  at(i: number): Case {
    if (i < 0 || i >= this.capacity) throw this.#beyond(i);
    return readCase(this, i);
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
    return new RangeError(`no setup ${i} in a batch of ${this.capacity}`);
  }
}

/** Bytes of a step. */
const SIZE = SETUP_SIZE + OUTCOME_SIZE;
