import { fuzzModule } from "./module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "./setups.ts";

/**
 * Setups and outcomes of up to `capacity` cases, in the memory of this thread's module: the shim, the model and the
 * signature work on them in place. Fast code reads and writes them as 32-bit halves: a case may take a microsecond.
 */
export class Batch {
  readonly capacity: number;
  /** The records as halves. */
  readonly setups: Uint32Array;
  readonly outcomes: Uint32Array;
  /** The same as words, for code that need not be fast. */
  readonly setupWords: BigUint64Array;
  readonly outcomeWords: BigUint64Array;
  /** The same as bytes, for the shim. */
  readonly setupBytes: Uint8Array;
  readonly outcomeBytes: Uint8Array;
  /** How each outcome compares with its prediction; with `signatures`, see signature.ts. */
  readonly agreements: Float64Array;
  /** The registers at the stop that the case determines, a bit each; signatures ignore the others. */
  readonly decided: Uint32Array;
  readonly signatures: Float64Array;
  /** The number of the rule because of which each is not predicted, or 0. */
  readonly reasons: Uint32Array;
  /** The indices of the cases that the last assessment reported. */
  readonly news: Uint32Array;
  #isOpen = true;

  /** @throws EncoderError if the module cannot be loaded, or its memory is full. */
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
    this.reasons = new Uint32Array(buffer, agreements + 20 * capacity, capacity);
    this.news = new Uint32Array(buffer, agreements + 24 * capacity, capacity);
  }

  /** Releases its memory. Neither it nor its views may be used afterwards. */
  close(): void {
    if (this.#isOpen) fuzzModule().release(this.setups.byteOffset, this.capacity * SIZE);
    this.#isOpen = false;
  }
}

/** Bytes of a case: setup, outcome, agreement, signature, decided registers, reason, an index. */
const SIZE = SETUP_SIZE + OUTCOME_SIZE + 28;
