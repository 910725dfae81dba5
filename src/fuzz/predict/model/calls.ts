import { AT, type Book } from "./book.ts";
import { ORIG_RAX, RAX, RIP, type State } from "./state.ts";

/** getpid, gettid, getppid, getuid, getgid, geteuid, getegid: what they answer is the process's own. */
const OWN = [39, 186, 110, 102, 104, 107, 108];
/** The upper half of addresses from which the filter lets no call be made. */
const VSYSCALL_HALF = 0xffff_ffff;

/** What system calls answer in a target. */
export class Calls {
  readonly #book: Book;
  readonly #refused: readonly [low: number, high: number];
  readonly #yields: number;
  readonly #restarts: number;

  readonly #probe: number;
  readonly #probeReturn: number;

  constructor(book: Book) {
    this.#book = book;
    this.#probe = book.number("R68", "call");
    this.#probeReturn = book.number("R70", "call");
    this.#refused = [book.low("R30", "result"), book.high("R30", "result")];
    this.#yields = book.number("R31", "call");
    this.#restarts = book.number("R32", "call");
  }

  /** Makes the call that orig_rax has. */
  run(state: State): void {
    const book = this.#book;
    if (!state.knows(ORIG_RAX)) {
      state.forget(RAX);
      return;
    }
    const number = state.low(ORIG_RAX);
    const open = state.high(RIP) !== VSYSCALL_HALF;
    if (open && number === this.#yields && book.use(AT.R31)) {
      state.set(RAX, book.low("R31", "result"), book.high("R31", "result"));
    } else if (open && number === this.#restarts && book.use(AT.R32)) {
      state.set(RAX, book.low("R32", "result"), book.high("R32", "result"));
    } else if (number === this.#probe && book.use(AT.R68)) {
      state.set(RAX, book.low("R68", "result"), book.high("R68", "result"));
    } else if (number === this.#probeReturn && book.use(AT.R70)) {
      state.raised = book.number("R70", "signal");
      state.set(RAX, book.low("R70", "result"), book.high("R70", "result"));
    } else if (open && OWN.includes(number)) state.forget(RAX);
    else if (book.use(AT.R30)) state.set(RAX, ...this.#refused);
  }
}
