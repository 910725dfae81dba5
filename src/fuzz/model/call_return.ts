import { AT, type Book } from "./book.ts";
import { CS, EFLAGS, R11, RCX, RIP, SS, type State } from "./state.ts";

/** By which instruction the kernel returns from a system call. */
export class CallReturn {
  readonly #book: Book;
  readonly #cs: number;
  readonly #ss: number;
  readonly #flags: number;
  readonly #limitLow: number;
  readonly #limitHigh: number;

  constructor(book: Book) {
    this.#book = book;
    this.#cs = book.number("R67", "cs");
    this.#ss = book.number("R67", "ss");
    this.#flags = book.number("R67", "flags");
    this.#limitLow = book.low("R67", "limit");
    this.#limitHigh = book.high("R67", "limit");
  }

  bySysret(state: State): boolean {
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
