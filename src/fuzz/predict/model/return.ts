import { BASELINE } from "../../case/baseline.ts";
import { indexOf, REGISTERS, SETUP } from "../../case/setups.ts";
import { KEPT } from "../../try/sigreturn/kept.ts";
import { AT, type Book } from "./book.ts";

const CS = indexOf("cs");
const SS = indexOf("ss");
const EFLAGS = indexOf("eflags");
const ORIG_RAX = indexOf("orig_rax");
const FS_BASE = indexOf("fs_base");
const DS = indexOf("ds");
const END = REGISTERS.length;

/** What there would be without any frame, and what stays as it is; both as halves. */
const before = halvesOf(BASELINE);
const kept = halvesOf(
  REGISTERS.map((name) => new Map<string, bigint>(Object.entries(KEPT)).get(name) ?? 0n),
);

function halvesOf(words: readonly bigint[]): Uint32Array {
  return new Uint32Array(BigUint64Array.from(words).buffer);
}

/** The return phase: the registers that a stub has after rt_sigreturn. */
export class ReturnPhase {
  readonly #book: Book;
  readonly #selector: number;
  readonly #level: number;
  readonly #code: number;
  readonly #strict: number;
  readonly #data: number;
  readonly #flags: number;
  readonly #handlerFlags: number;
  readonly #noCall: readonly [number, number];

  constructor(book: Book) {
    this.#book = book;
    this.#selector = book.low("S2", "mask");
    this.#level = book.low("S2", "level");
    this.#code = book.low("S3", "code");
    this.#strict = book.low("S3", "flag");
    this.#data = book.low("S3", "data");
    this.#flags = book.low("S4", "mask");
    this.#handlerFlags = book.low("S4", "flags");
    this.#noCall = [book.low("S5", "none"), book.high("S5", "none")];
  }

  /**
   * Makes a block of what the setup has whose halves begin at `at`.
   *
   * @param to where the halves of the block begin in `words`
   */
  put(setups: Uint32Array, at: number, words: Uint32Array, to: number): void {
    const book = this.#book;
    const from = at + SETUP.words;
    if (book.use(AT.S1)) copy(0, FS_BASE, setups, from, words, to);
    else copy(0, FS_BASE, before, 0, words, to);
    this.#putSelectors(setups, at, words, to);
    this.#putFlags(setups, from, words, to);
    if (book.use(AT.S5)) {
      words[to + 2 * ORIG_RAX] = this.#noCall[0];
      words[to + 2 * ORIG_RAX + 1] = this.#noCall[1];
    } else copy(ORIG_RAX, ORIG_RAX + 1, setups, from, words, to);
    // The bases, and behind them the selectors that are left.
    if (book.use(AT.S6)) copy(FS_BASE, DS, kept, 0, words, to);
    else copy(FS_BASE, DS, setups, from, words, to);
    if (book.use(AT.S7)) copy(DS, END, kept, 0, words, to);
    else copy(DS, END, setups, from, words, to);
  }

  #putSelectors(setups: Uint32Array, at: number, words: Uint32Array, to: number): void {
    const book = this.#book;
    const from = at + SETUP.words;
    copy(CS, CS + 1, setups, from, words, to);
    copy(SS, SS + 1, setups, from, words, to);
    if (book.use(AT.S2)) {
      this.#putSelector(CS, words, to);
      this.#putSelector(SS, words, to);
    }
    const strict = ((setups[at + SETUP.ucFlags] ?? 0) & this.#strict) !== 0;
    const [cs, ss] = [words[to + 2 * CS], words[to + 2 * SS]];
    if (cs === this.#code && !strict && ss !== this.#data && book.use(AT.S3)) {
      words[to + 2 * SS] = this.#data;
      words[to + 2 * SS + 1] = 0;
    }
  }

  #putSelector(register: number, words: Uint32Array, to: number): void {
    const half = to + 2 * register;
    words[half] = ((words[half] ?? 0) & this.#selector) | this.#level;
    words[half + 1] = 0;
  }

  #putFlags(setups: Uint32Array, from: number, words: Uint32Array, to: number): void {
    copy(EFLAGS, EFLAGS + 1, setups, from, words, to);
    if (!this.#book.use(AT.S4)) return;
    const half = to + 2 * EFLAGS;
    words[half] = ((words[half] ?? 0) & this.#flags) | (this.#handlerFlags & ~this.#flags);
    words[half + 1] = 0;
  }
}

/** Copies registers, from a block whose halves begin at `from` to one at `to`. */
function copy(
  first: number,
  end: number,
  halves: Uint32Array,
  from: number,
  words: Uint32Array,
  to: number,
): void {
  for (let k = 2 * first; k < 2 * end; k++) words[to + k] = halves[from + k] ?? 0;
}
