import { fuzzModule } from "../../case/module.ts";
import { FRAME_REGISTERS, OUTCOME, OUTCOME_SIZE, REGISTERS } from "../../case/setups.ts";

/** All registers of a block as a mask. */
export const ALL = (1 << REGISTERS.length) - 1;

/** What a setup should come to: an outcome, and which of it is known. One serves for case after case. */
export class Prediction {
  /** In the layout of one outcome, and in the module's memory; what is not known is whatever it is. */
  readonly outcome = new Uint32Array(
    fuzzModule().buffer,
    fuzzModule().reserve(OUTCOME_SIZE),
    OUTCOME_SIZE / 4,
  );
  /** Views of the registers in it. */
  readonly written = this.#view(OUTCOME.written, REGISTERS.length);
  readonly stopped = this.#view(OUTCOME.stopped, REGISTERS.length);
  readonly frame = this.#view(OUTCOME.frame, FRAME_REGISTERS.length);
  /** Id of the rule because of which the stop is not predicted; null where it is. */
  unpredicted: string | null = null;
  /** Which registers are known: bit n for word n. */
  writtenKnown = 0;
  stoppedKnown = 0;
  frameKnown = 0;
  /** Whether errno and index of the write are known, then errno of the resume and the status, then siginfo. */
  errorKnown = false;
  statusKnown = false;
  infoKnown = false;
  addressKnown = false;
  #isOpen = true;

  #view(at: number, words: number): Uint32Array {
    return this.outcome.subarray(at, at + 2 * words);
  }

  /** Gives its memory back: nobody may use it afterwards. */
  close(): void {
    if (this.#isOpen) fuzzModule().release(this.outcome.byteOffset, OUTCOME_SIZE);
    this.#isOpen = false;
  }

  /** Nothing is known. */
  clear(): void {
    this.unpredicted = null;
    this.writtenKnown = 0;
    this.stoppedKnown = 0;
    this.frameKnown = 0;
    this.errorKnown = false;
    this.statusKnown = false;
    this.infoKnown = false;
    this.addressKnown = false;
  }

  /** The write comes to an errno, at a pair or -1. */
  wrote(error: number, refusedAt: number): void {
    if (this.unpredicted !== null) return;
    this.outcome[OUTCOME.error] = error;
    this.outcome[OUTCOME.refusedAt] = refusedAt;
    this.errorKnown = true;
  }

  /** The resume comes to an errno, or to a stop or an end with this status. */
  resumed(error: number, status: number): void {
    this.outcome[OUTCOME.resumed] = error;
    this.outcome[OUTCOME.status] = status;
    this.statusKnown = true;
  }

  /** siginfo at the stop; signal 0: there is none. */
  info(signal: number, code: number, low: number, high: number): void {
    this.outcome[OUTCOME.signal] = signal;
    this.outcome[OUTCOME.code] = code;
    this.outcome[OUTCOME.address] = low;
    this.outcome[OUTCOME.address + 1] = high;
    this.infoKnown = true;
    this.addressKnown = signal !== 0;
  }

  /** What comes of the resume is not predicted, by a rule. */
  giveUp(rule: string): void {
    this.unpredicted = rule;
    this.statusKnown = false;
    this.infoKnown = false;
    this.addressKnown = false;
    this.stoppedKnown = 0;
    this.frameKnown = 0;
  }
}
