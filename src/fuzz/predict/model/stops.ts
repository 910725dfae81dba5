import { AT, type Book } from "./book.ts";
import type { Prediction } from "./prediction.ts";
import { ORIG_RAX, RIP, type State } from "./state.ts";

const STOPPED = 0x7f;
const SIGTRAP = 5;

/** How a stub stops: what the tracer is told, and what it sees of the registers. */
export class Stops {
  readonly #book: Book;
  readonly #noneLow: number;
  readonly #noneHigh: number;
  readonly #hidden: number;
  readonly #faultFlag: number;
  readonly #mapError: readonly [number, number];
  readonly #accessError: readonly [number, number];

  constructor(book: Book) {
    this.#book = book;
    this.#noneLow = book.low("R53", "none");
    this.#noneHigh = book.high("R53", "none");
    this.#hidden = book.number("R41", "flag");
    this.#faultFlag = book.number("R51", "flag");
    this.#mapError = [book.number("R47", "signal"), book.number("R47", "code")];
    this.#accessError = [book.number("R48", "signal"), book.number("R48", "code")];
  }

  /** A stop with a status, and no siginfo that is known. */
  withStatus(status: number, state: State, into: Prediction): void {
    if (state.forced && this.#book.use(AT.R41)) state.clearFlags(this.#hidden);
    into.resumed(0, status);
    into.stoppedKnown = state.known;
  }

  /** A stop by a signal. */
  bySignal(
    signal: number,
    code: number,
    low: number,
    high: number,
    state: State,
    into: Prediction,
  ): void {
    this.withStatus((signal << 8) | STOPPED, state, into);
    into.info(signal, code, low, high);
  }

  /** A stop of ptrace's own, which has the process's numbers in its siginfo. */
  byNotice(bit: number, code: number, state: State, into: Prediction): void {
    this.byNoticeOf(SIGTRAP | bit, SIGTRAP, code, state, into);
  }

  /** The same with any status and signal. */
  byNoticeOf(status: number, signal: number, code: number, state: State, into: Prediction): void {
    this.withStatus((status << 8) | STOPPED, state, into);
    into.info(signal, code, 0, 0);
    into.addressKnown = false;
  }

  /** A signal that an instruction or a single-step raised; one that is blocked may come in its place. */
  byForced(
    signal: number,
    code: number,
    low: number,
    high: number,
    state: State,
    into: Prediction,
  ): void {
    const { pending } = state;
    if (
      pending !== 0 &&
      state.pendingIsKernels &&
      isSynchronous(pending) &&
      this.#book.use(AT.R65)
    ) {
      this.bySignal(pending, this.#book.number("R65", "code"), 0, 0, state, into);
    } else this.bySignal(signal, code, low, high, state, into);
  }

  /** A signal that an instruction raised. */
  byTrap(
    signal: number,
    code: number,
    low: number,
    high: number,
    state: State,
    into: Prediction,
  ): void {
    if (this.#book.use(AT.R53)) state.set(ORIG_RAX, this.#noneLow, this.#noneHigh);
    this.byForced(signal, code, low, high, state, into);
  }

  /** The same where the instruction was not done. */
  byFault(
    signal: number,
    code: number,
    low: number,
    high: number,
    state: State,
    into: Prediction,
  ): void {
    if (this.#book.use(AT.R51)) state.setFlags(this.#faultFlag);
    this.byTrap(signal, code, low, high, state, into);
  }

  /** What the processor refuses as such. */
  byProtection(state: State, into: Prediction): void {
    const book = this.#book;
    book.use(AT.R45);
    this.byFault(book.number("R45", "signal"), book.number("R45", "code"), 0, 0, state, into);
  }

  /** Nothing is predicted, by a rule. */
  byRule(rule: "U2" | "U5" | "U6", into: Prediction): void {
    this.#book.use(AT[rule]);
    into.giveUp(rule);
  }

  byPageFault(mapped: boolean, low: number, high: number, state: State, into: Prediction): void {
    // Without the one rule it is the other's.
    const access = mapped ? this.#book.use(AT.R48) : !this.#book.use(AT.R47);
    const [signal, code] = access ? this.#accessError : this.#mapError;
    this.byFault(signal, code, low, high, state, into);
  }

  /** A signal with si_addr at rip. */
  byTrapAtRip(signal: number, code: number, fault: boolean, state: State, into: Prediction): void {
    if (fault) this.byFault(signal, code, state.low(RIP), state.high(RIP), state, into);
    else this.byTrap(signal, code, state.low(RIP), state.high(RIP), state, into);
  }
}

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS: SYNCHRONOUS_MASK in kernel/signal.c. */
export function isSynchronous(signal: number): boolean {
  return signal < 32 && ((SYNCHRONOUS >>> (signal - 1)) & 1) === 1;
}

const SYNCHRONOUS = [4, 5, 7, 8, 11, 31].reduce((set, signal) => set | (1 << (signal - 1)), 0);
