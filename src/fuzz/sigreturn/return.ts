import { WordTable } from "../../cases/words.ts";
import { BASELINE } from "../baseline.ts";
import { AT, type Book } from "../model/book.ts";
import { indexOf, REGISTERS, SETUP } from "../setups.ts";
import { KEPT } from "./kept.ts";

const CS = indexOf("cs");
const SS = indexOf("ss");
const EFLAGS = indexOf("eflags");
const ORIG_RAX = indexOf("orig_rax");
const BASES = ["fs_base", "gs_base"].map(indexOf);
const SELECTORS = ["ds", "es", "fs", "gs"].map(indexOf);
/** Those that S1 speaks of. */
const GENERAL = REGISTERS.map((_, k) => k).filter(
  (k) => ![CS, SS, EFLAGS, ORIG_RAX, ...BASES, ...SELECTORS].includes(k),
);

/** What there would be without any frame. */
const before = new WordTable(REGISTERS.map((_, k) => BASELINE[k] ?? 0n));
const kept = new WordTable(Object.values(KEPT));
const KEPT_INDEX = new Map(Object.keys(KEPT).map((name, i) => [indexOf(name), i]));

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
    this.#strict = book.low("S3", "strict");
    this.#data = book.low("S3", "data");
    this.#flags = book.low("S4", "mask");
    this.#handlerFlags = book.low("S4", "handler");
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
    if (book.use(AT.S1)) take(GENERAL, setups, from, words, to);
    else for (const k of GENERAL) before.copy(k, words, to / 2 + k);
    this.#putSelectors(setups, at, words, to);
    this.#putFlags(setups, from, words, to);
    if (book.use(AT.S5)) {
      words[to + 2 * ORIG_RAX] = this.#noCall[0];
      words[to + 2 * ORIG_RAX + 1] = this.#noCall[1];
    } else takeOne(ORIG_RAX, setups, from, words, to);
    if (book.use(AT.S6)) keep(BASES, words, to);
    else take(BASES, setups, from, words, to);
    if (book.use(AT.S7)) keep(SELECTORS, words, to);
    else take(SELECTORS, setups, from, words, to);
  }

  #putSelectors(setups: Uint32Array, at: number, words: Uint32Array, to: number): void {
    const book = this.#book;
    const from = at + SETUP.words;
    takeOne(CS, setups, from, words, to);
    takeOne(SS, setups, from, words, to);
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
    takeOne(EFLAGS, setups, from, words, to);
    if (!this.#book.use(AT.S4)) return;
    const half = to + 2 * EFLAGS;
    words[half] = ((words[half] ?? 0) & this.#flags) | (this.#handlerFlags & ~this.#flags);
    words[half + 1] = 0;
  }
}

function take(
  registers: readonly number[],
  setups: Uint32Array,
  from: number,
  words: Uint32Array,
  to: number,
): void {
  for (const k of registers) takeOne(k, setups, from, words, to);
}

function takeOne(
  register: number,
  setups: Uint32Array,
  from: number,
  words: Uint32Array,
  to: number,
): void {
  words[to + 2 * register] = setups[from + 2 * register] ?? 0;
  words[to + 2 * register + 1] = setups[from + 2 * register + 1] ?? 0;
}

function keep(registers: readonly number[], words: Uint32Array, to: number): void {
  for (const k of registers) kept.copy(KEPT_INDEX.get(k) ?? 0, words, to / 2 + k);
}
