import { FROMS, indexOf, SETUP } from "../../case/setups.ts";
import { AT, type Book } from "./book.ts";
import { ORIG_RAX, RAX, type State } from "./state.ts";

const [ENTRY, EXIT, SYSEMU] = [
  FROMS.indexOf("entry"),
  FROMS.indexOf("exit"),
  FROMS.indexOf("sysemu"),
];
/** struct ptrace_syscall_info: words of it. */
const [NUMBER, ARGUMENTS, RESULT, IS_ERROR] = [3, 4, 3, 4];
const ARGUMENT_REGISTERS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"].map(indexOf);

/** PTRACE_SET_SYSCALL_INFO. */
export class SyscallInfo {
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  /** Answers the errno. */
  write(setups: Uint32Array, at: number, from: number, state: State): number {
    const book = this.#book;
    if (book.use(AT.W24)) return book.number("W24", "errno");
    const words = at + SETUP.words;
    const first = setups[words] ?? 0;
    const length = setups[at + SETUP.length] ?? 0;
    if (length < book.number("W16", "size") && book.use(AT.W16)) return book.number("W16", "errno");
    if ((first & book.low("W17", "mask")) !== 0 && book.use(AT.W17))
      return book.number("W17", "errno");
    const entry = from === ENTRY || from === SYSEMU;
    const right =
      (entry && (first & 0xff) === book.number("W18", "entry")) ||
      (from === EXIT && (first & 0xff) === book.number("W18", "exit"));
    if (!right && book.use(AT.W18)) return book.number("W18", "errno");
    return entry ? this.#setEntry(setups, words, state) : this.#setExit(setups, words, state);
  }

  #setEntry(setups: Uint32Array, words: number, state: State): number {
    const book = this.#book;
    const [low, high] = halvesOf(setups, words + 2 * NUMBER);
    if (high !== (low >> 31) >>> 0 && book.use(AT.W19)) return book.number("W19", "errno");
    if (book.use(AT.W20)) state.set(ORIG_RAX, low, (low >> 31) >>> 0);
    if (low !== book.low("W21", "none") && book.use(AT.W21)) {
      for (const [k, register] of ARGUMENT_REGISTERS.entries()) {
        const [first, second] = halvesOf(setups, words + 2 * (ARGUMENTS + k));
        state.set(register, first, second);
      }
    }
    return 0;
  }

  #setExit(setups: Uint32Array, words: number, state: State): number {
    const book = this.#book;
    const [low, high] = halvesOf(setups, words + 2 * RESULT);
    const isError = ((setups[words + 2 * IS_ERROR] ?? 0) & 0xff) !== 0;
    // Without the rule the result is as before, which nobody knows: 0 stands for it.
    if (!book.use(AT.W22)) state.set(RAX, 0, 0);
    else if (isError && book.use(AT.W23)) state.set(RAX, low, (low >> 31) >>> 0);
    else state.set(RAX, low, high);
    return 0;
  }
}

function halvesOf(setups: Uint32Array, at: number): [low: number, high: number] {
  return [setups[at] ?? 0, setups[at + 1] ?? 0];
}
