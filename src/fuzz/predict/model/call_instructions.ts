import { AT, type Book } from "./book.ts";
import type { CallReturn } from "./call_return.ts";
import type { Calls } from "./calls.ts";
import type { Prediction } from "./prediction.ts";
import { EFLAGS, ORIG_RAX, R11, RAX, RCX, RIP, type State } from "./state.ts";
import { DONE, DONE_WITHOUT_TRAP, STOPPED } from "./step.ts";
import type { Stops } from "./stops.ts";

/** Instructions by which a program enters the kernel, to where it goes on. */
export class CallInstructions {
  readonly #book: Book;
  readonly #stops: Stops;
  readonly #calls: Calls;
  readonly #returns: CallReturn;
  readonly #resumeFlag: number;

  constructor(book: Book, stops: Stops, calls: Calls, returns: CallReturn) {
    this.#book = book;
    this.#stops = stops;
    this.#calls = calls;
    this.#returns = returns;
    this.#resumeFlag = book.number("R52", "flag");
  }

  syscall(next: number, short: boolean, state: State, into: Prediction): number {
    const book = this.#book;
    if (short) {
      this.#stops.byRule("U5", into);
      return STOPPED;
    }
    state.words[2 * RIP] = next;
    if (book.use(AT.R37)) {
      state.copy(RIP, RCX);
      state.copy(RAX, ORIG_RAX);
    }
    if (book.use(AT.R38)) {
      state.clearFlags(book.number("R38", "without"));
      state.copy(EFLAGS, R11);
    }
    if (state.traces || state.emulates) {
      if (book.use(AT.R39)) {
        state.set(RAX, book.low("R39", "result"), book.high("R39", "result"));
        const bit = book.number("R39", "bit");
        this.#stops.byNotice(bit, 5 | bit, state, into);
        return STOPPED;
      }
    }
    this.#calls.run(state);
    if (state.raised !== 0) {
      this.#stops.byForced(state.raised, book.number("R70", "code"), 0, 0, state, into);
      return STOPPED;
    }
    if (state.stepping && !state.emulates && book.use(AT.R35)) {
      this.#trapAfterCall(state, into);
      return STOPPED;
    }
    this.#returns.leave(true, state);
    return book.use(AT.R42) ? DONE_WITHOUT_TRAP : DONE;
  }

  int80(next: number, state: State, into: Prediction): number {
    const book = this.#book;
    if (!book.use(AT.R58)) {
      this.#stops.byProtection(state, into);
      return STOPPED;
    }
    state.words[2 * RIP] = next;
    if (state.flag(this.#resumeFlag) && book.use(AT.R52)) state.clearFlags(this.#resumeFlag);
    state.copy(RAX, ORIG_RAX);
    state.words[2 * ORIG_RAX + 1] = 0;
    state.set(RAX, book.low("R58", "result"), book.high("R58", "result"));
    if (state.traces || state.emulates) {
      const bit = book.number("R39", "bit");
      this.#stops.byNotice(bit, 5 | bit, state, into);
      return STOPPED;
    }
    if (state.stepping && !state.emulates && book.use(AT.R35)) {
      this.#trapAfterCall(state, into);
      return STOPPED;
    }
    this.#returns.leave(false, state);
    return book.use(AT.R42) ? DONE_WITHOUT_TRAP : DONE;
  }

  #trapAfterCall(state: State, into: Prediction): void {
    const book = this.#book;
    const [signal, code] = [book.number("R35", "signal"), book.number("R35", "code")];
    this.#stops.byForced(signal, code, state.low(RIP), state.high(RIP), state, into);
  }
}
