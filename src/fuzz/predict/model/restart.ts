import { AT, type Book } from "./book.ts";
import { ORIG_RAX, RAX, RIP, type State } from "./state.ts";

const ALL_ONES = 0xffff_ffff;

/** What becomes of a call that a signal interrupted. */
export class Restart {
  readonly #book: Book;
  readonly #none: number;
  readonly #first: number;
  readonly #last: number;
  readonly #block: number;

  constructor(book: Book) {
    this.#book = book;
    this.#none = book.low("R12", "none");
    this.#first = book.low("R10", "first");
    this.#last = book.low("R10", "last");
    this.#block = book.low("R11", "code");
  }

  /** No handler is entered. */
  withoutHandler(state: State): void {
    const code = state.low(RAX);
    if (state.high(RAX) !== ALL_ONES || this.#hasNone(state)) return;
    const book = this.#book;
    if (code >= this.#first && code <= this.#last && book.use(AT.R10)) {
      this.#again(state, book.number("R10", "size"));
    } else if (code === this.#block && book.use(AT.R11)) {
      state.set(RAX, book.low("R11", "call"), book.high("R11", "call"));
      state.move(RIP, -book.number("R11", "size"));
    }
  }

  withHandler(signal: number, state: State): void {
    const code = state.low(RAX);
    if (state.high(RAX) !== ALL_ONES || this.#hasNone(state)) return;
    const book = this.#book;
    if (
      (code === book.low("R13", "noHand") || code === book.low("R13", "block")) &&
      book.use(AT.R13)
    ) {
      state.set(RAX, book.low("R13", "result"), book.high("R13", "result"));
    } else if (
      code === book.low("R14", "code") &&
      signal !== book.number("R14", "restart") &&
      book.use(AT.R14)
    ) {
      state.set(RAX, book.low("R14", "result"), book.high("R14", "result"));
    } else if (
      (code === book.low("R15", "noIntr") || code === book.low("R15", "sys")) &&
      book.use(AT.R15)
    )
      this.#again(state, book.number("R15", "size"));
  }

  #hasNone(state: State): boolean {
    return state.low(ORIG_RAX) === this.#none && this.#book.use(AT.R12);
  }

  #again(state: State, size: number): void {
    state.copy(ORIG_RAX, RAX);
    state.move(RIP, -size);
  }
}
