import { AT, type Book } from "./book.ts";
import { CS, DS, EFLAGS, GS, R11, RCX, RIP, SS, type State } from "./state.ts";

/** By which instruction the kernel returns from a system call. */
export class CallReturn {
  readonly #book: Book;
  readonly #cs: number;
  readonly #ss: number;
  readonly #flags: number;
  readonly #limitLow: number;
  readonly #limitHigh: number;
  readonly #cleared: number;

  constructor(book: Book) {
    this.#book = book;
    this.#cs = book.number("R67", "cs");
    this.#ss = book.number("R67", "ss");
    this.#flags = book.number("R67", "flags");
    this.#limitLow = book.low("R67", "limit");
    this.#limitHigh = book.high("R67", "limit");
    this.#cleared = book.number("R63", "none");
  }

  /** A program is returned to: by IRET, or from a system call perhaps by SYSRET. */
  leave(fromCall: boolean, state: State): void {
    const bySysret = fromCall && this.#isSysret(state);
    for (let k = DS; k <= GS; k++) {
      const selector = state.low(k);
      if (selector === 0 || selector > this.#cleared) continue;
      if (bySysret) {
        if (this.#book.use(AT.U11)) state.forget(k);
      } else if (this.#book.use(AT.R63)) state.set(k, 0, 0);
    }
  }

  #isSysret(state: State): boolean {
    const [low, high] = [state.low(RIP), state.high(RIP)];
    return (
      state.low(RCX) === low &&
      state.high(RCX) === high &&
      state.low(R11) === state.low(EFLAGS) &&
      state.high(R11) === state.high(EFLAGS) &&
      state.low(CS) === this.#cs &&
      state.low(SS) === this.#ss &&
      !state.flag(this.#flags) &&
      (high < this.#limitHigh || (high === this.#limitHigh && low < this.#limitLow)) &&
      this.#book.use(AT.R67)
    );
  }
}
