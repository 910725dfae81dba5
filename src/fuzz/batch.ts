import { fuzzModule } from "./module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "./setups.ts";

/**
 * Setups and outcomes of up to `capacity` cases, in the memory of this thread's module: the shim, the model and the
 * signature work on them where they lie. They are read and written as halves of 32 bits: a case has a microsecond.
 */
export class Batch {
  readonly capacity: number;
  /** The records as halves; both are signed where they are read so. */
  readonly setups: Uint32Array;
  readonly outcomes: Uint32Array;
  /** The same as words, for those who have the time. */
  readonly setupWords: BigUint64Array;
  readonly outcomeWords: BigUint64Array;
  /** What the shim takes. */
  readonly setupBytes: Uint8Array;
  readonly outcomeBytes: Uint8Array;
  /** What is said of each outcome beside its prediction, and the signatures: signature.ts. */
  readonly agreements: Float64Array;
  /** Which registers at the stop the case decides, a bit each; of the others signatures say nothing. */
  readonly decided: Uint32Array;
  readonly signatures: Float64Array;
  #isOpen = true;

  /** @throws EncoderError where the module cannot be loaded, or has no room left. */
  constructor(capacity: number) {
    const { buffer } = fuzzModule();
    const at = fuzzModule().reserve(capacity * SIZE);
    const outcomes = at + capacity * SETUP_SIZE;
    const agreements = outcomes + capacity * OUTCOME_SIZE;
    this.capacity = capacity;
    this.setupBytes = new Uint8Array(buffer, at, capacity * SETUP_SIZE);
    this.outcomeBytes = new Uint8Array(buffer, outcomes, capacity * OUTCOME_SIZE);
    this.setups = new Uint32Array(buffer, at, (capacity * SETUP_SIZE) / 4);
    this.outcomes = new Uint32Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 4);
    this.setupWords = new BigUint64Array(buffer, at, (capacity * SETUP_SIZE) / 8);
    this.outcomeWords = new BigUint64Array(buffer, outcomes, (capacity * OUTCOME_SIZE) / 8);
    this.agreements = new Float64Array(buffer, agreements, capacity);
    this.signatures = new Float64Array(buffer, agreements + 8 * capacity, capacity);
    this.decided = new Uint32Array(buffer, agreements + 16 * capacity, capacity);
  }

  /** Gives its memory back: nobody may use it, or a view of it, afterwards. */
  close(): void {
    if (this.#isOpen) fuzzModule().release(this.setups.byteOffset, this.capacity * SIZE);
    this.#isOpen = false;
  }
}

/** Bytes of a case: setup, outcome, agreement, signature, set of registers. */
const SIZE = SETUP_SIZE + OUTCOME_SIZE + 20;
