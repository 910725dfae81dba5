import { placeOf } from "../../case/code.ts";
import { FROMS, REGISTERS, SETUP, WAYS } from "../../case/setups.ts";
import type { Machine } from "../../try/machine.ts";
import { AT, type Book } from "./book.ts";
import { FloatingPoint } from "./floating_point.ts";
import type { Prediction } from "./prediction.ts";
import type { State } from "./state.ts";
import { CS, DS, EFLAGS, FS_BASE, GS, GS_BASE, ORIG_RAX, R11, RAX, RCX, RIP, SS } from "./state.ts";
import { SyscallInfo } from "./syscall_info.ts";

const [ENTRY, EXIT, SYSEMU] = [
  FROMS.indexOf("entry"),
  FROMS.indexOf("exit"),
  FROMS.indexOf("sysemu"),
];
const [SETREGS, SETREGSET, POKEUSER] = [
  WAYS.indexOf("SETREGS"),
  WAYS.indexOf("SETREGSET"),
  WAYS.indexOf("POKEUSER"),
];
const [SYSCALL_INFO, SIGMASK] = [WAYS.indexOf("SYSCALL_INFO"), WAYS.indexOf("SIGMASK")];
const GETPID = 39;
/** Behind the SYSCALL by which stubs come to a call. */
const AFTER_CALL = Number(placeOf("syscall")) + 2;
const WORD = 8;
/** Debug register 6. */
const DEBUG_STATUS = 896;

/** The write phase: errno, the word at which it ended, and what is read back. */
export class WritePhase {
  readonly #book: Book;
  readonly #info: SyscallInfo;
  readonly #floating: FloatingPoint;
  readonly #selectorLow: number;
  readonly #selectorHigh: number;
  readonly #level: number;
  readonly #levelBits: number;
  readonly #levelErrno: number;
  readonly #zeroErrno: number;
  readonly #limitLow: number;
  readonly #limitHigh: number;
  readonly #limitErrno: number;
  readonly #farLow: number;
  readonly #farHigh: number;
  readonly #farErrno: number;
  readonly #flags: number;
  readonly #flagsHigh: number;

  constructor(book: Book, machine: Machine) {
    this.#book = book;
    this.#info = new SyscallInfo(book);
    this.#floating = new FloatingPoint(book, machine);
    this.#selectorLow = book.low("W2", "mask");
    this.#selectorHigh = book.high("W2", "mask");
    this.#level = book.number("W3", "level");
    this.#levelBits = book.number("W3", "bits");
    this.#levelErrno = book.number("W3", "errno");
    this.#zeroErrno = book.number("W4", "errno");
    this.#limitLow = book.low("W5", "limit");
    this.#limitHigh = book.high("W5", "limit");
    this.#limitErrno = book.number("W5", "errno");
    this.#farLow = book.low("W6", "limit");
    this.#farHigh = book.high("W6", "limit");
    this.#farErrno = book.number("W6", "errno");
    this.#flags = book.low("W7", "mask");
    this.#flagsHigh = book.high("W7", "mask");
  }

  /** Brings a state to a stop. */
  arrive(from: number, state: State): void {
    if (from !== ENTRY && from !== EXIT && from !== SYSEMU) return;
    state.set(RIP, AFTER_CALL, 0);
    state.copy(RIP, RCX);
    state.copy(EFLAGS, R11);
    state.set(ORIG_RAX, GETPID, 0);
    // The call has been made, and its result is the process's own number.
    if (from === EXIT) state.forget(RAX);
    else if (this.#book.use(AT.W15)) {
      state.set(RAX, this.#book.low("W15", "result"), this.#book.high("W15", "result"));
    } else state.set(RAX, GETPID, 0);
  }

  /** Writes a setup, its halves beginning at `at`, into a state. Answers the errno. */
  write(setups: Uint32Array, at: number, state: State, into: Prediction): number {
    const kinds = setups[at + SETUP.kinds] ?? 0;
    const from = kinds & 0xff;
    const way = (kinds >>> 8) & 0xff;
    const wants = kinds >>> 24;
    this.arrive(from, state);
    if (way === SIGMASK) return this.#setMask(setups, at, state, into);
    if (way > POKEUSER && way !== SYSCALL_INFO) return this.#floating.write(setups, at, way, into);
    let error = 0;
    if (way === SETREGS) error = this.#putBlock(setups, at, REGISTERS.length, state, into);
    else if (way === SETREGSET) error = this.#putSet(setups, at, state, into);
    else if (way === POKEUSER) error = this.#poke(setups, at, state, into);
    else {
      error = this.#info.write(setups, at, from, state);
      into.wrote(error, -1);
    }
    if (into.unpredicted === null && (error !== 0 || (wants & 1) !== 0)) {
      into.written.set(state.words);
      into.writtenKnown = state.known;
    }
    return error;
  }

  #putBlock(
    setups: Uint32Array,
    at: number,
    count: number,
    state: State,
    into: Prediction,
  ): number {
    const from = at + SETUP.words;
    const { words } = state;
    // Most words are not looked at.
    const plain = Math.min(count, CS);
    const end = 2 * plain;
    for (let k = 0; k < end; k++) words[k] = setups[from + k] ?? 0;
    state.known |= (1 << plain) - 1;
    for (let k = plain; k < count; k++) {
      const half = 2 * k;
      const [low, high] = [setups[from + half] ?? 0, setups[from + half + 1] ?? 0];
      // As most words are; a call takes longer than to look.
      if (words[half] === low && words[half + 1] === high) continue;
      const error = this.#put(k, low, high, state);
      if (error === 0) continue;
      // Without the rule nothing of it would stay.
      if (!this.#book.use(AT.W1)) this.#undo(setups, at, state);
      into.wrote(error, -1);
      return error;
    }
    into.wrote(0, -1);
    return 0;
  }

  #undo(setups: Uint32Array, at: number, state: State): void {
    state.start(state.words);
    this.arrive((setups[at + SETUP.kinds] ?? 0) & 0xff, state);
  }

  #putSet(setups: Uint32Array, at: number, state: State, into: Prediction): number {
    const book = this.#book;
    const length = setups[at + SETUP.length] ?? 0;
    if (length % book.number("W8", "size") !== 0 && book.use(AT.W8)) {
      const error = book.number("W8", "errno");
      into.wrote(error, -1);
      return error;
    }
    const most = book.use(AT.W9)
      ? Math.min(length, book.number("W9", "most"))
      : WORD * REGISTERS.length;
    const count = Math.min(Math.floor(most / WORD), REGISTERS.length);
    return this.#putBlock(setups, at, count, state, into);
  }

  #poke(setups: Uint32Array, at: number, state: State, into: Prediction): number {
    const count = setups[at + SETUP.count] ?? 0;
    for (let k = 0; k < count; k++) {
      const half = at + SETUP.words + 4 * k;
      const [offset, beyond] = [setups[half] ?? 0, setups[half + 1] ?? 0];
      const error = this.#pokeOne(
        beyond === 0 ? offset : offset + beyond * 2 ** 32,
        setups[half + 2] ?? 0,
        setups[half + 3] ?? 0,
        state,
        into,
      );
      if (error === 0) continue;
      into.wrote(error, this.#book.use(AT.W14) ? k : -1);
      return error;
    }
    into.wrote(0, -1);
    return 0;
  }

  #pokeOne(offset: number, low: number, high: number, state: State, into: Prediction): number {
    const book = this.#book;
    if (offset % WORD === 0 && offset < WORD * REGISTERS.length) {
      return this.#put(offset / WORD, low, high, state);
    }
    if (offset % book.number("W10", "size") !== 0 && book.use(AT.W10))
      return book.number("W10", "errno");
    if (offset >= book.number("W11", "limit") && book.use(AT.W11))
      return book.number("W11", "errno");
    if (
      offset >= book.number("W12", "begin") &&
      offset < book.number("W12", "end") &&
      book.use(AT.W12)
    )
      return book.number("W12", "errno");
    if (
      offset >= book.number("W13", "begin") &&
      offset < book.number("W13", "end") &&
      book.use(AT.W13)
    )
      return book.number("W13", "errno");
    for (const id of ["W39", "W40"] as const) {
      if (offset < book.number(id, "begin") || offset >= book.number(id, "end")) continue;
      if (book.use(AT[id]) && low + high * 2 ** 32 >= book.number(id, "limit"))
        return book.number(id, "errno");
    }
    // Without the rule it is like those that there are not.
    if (offset === DEBUG_STATUS) return book.use(AT.W38) ? 0 : book.number("W13", "errno");
    if (
      offset >= book.number("U4", "begin") &&
      offset < book.number("U4", "end") &&
      book.use(AT.U4)
    )
      into.giveUp("U4");
    return 0;
  }

  /** One register. */
  #put(register: number, low: number, high: number, state: State): number {
    if (register < CS) {
      state.set(register, low, high);
      return 0;
    }
    // What is there already is there again.
    if (state.low(register) === low && state.high(register) === high) return 0;
    if (register === EFLAGS) return this.#putFlags(low, high, state);
    if (register === FS_BASE || register === GS_BASE)
      return this.#putBase(register, low, high, state);
    if (register === CS || register === SS || (register >= DS && register <= GS)) {
      return this.#putSelector(register, low, high, state);
    }
    state.set(register, low, high);
    return 0;
  }

  #putSelector(register: number, low: number, high: number, state: State): number {
    const book = this.#book;
    let cutLow = low;
    let cutHigh = high;
    if (book.use(AT.W2)) {
      cutLow = (low & this.#selectorLow) >>> 0;
      cutHigh = (high & this.#selectorHigh) >>> 0;
    }
    if (cutLow !== 0 && (cutLow & this.#levelBits) !== this.#level && book.use(AT.W3))
      return this.#levelErrno;
    if (cutLow === 0 && register < DS && book.use(AT.W4)) return this.#zeroErrno;
    state.set(register, cutLow, cutHigh);
    return 0;
  }

  #putFlags(low: number, high: number, state: State): number {
    if (!this.#book.use(AT.W7)) {
      state.set(EFLAGS, low, high);
      return 0;
    }
    const oldLow = state.low(EFLAGS);
    const oldHigh = state.high(EFLAGS);
    state.set(
      EFLAGS,
      (oldLow & ~this.#flags) | (low & this.#flags),
      (oldHigh & ~this.#flagsHigh) | (high & this.#flagsHigh),
    );
    return 0;
  }

  #putBase(register: number, low: number, high: number, state: State): number {
    const book = this.#book;
    if (
      (high > this.#limitHigh || (high === this.#limitHigh && low >= this.#limitLow)) &&
      book.use(AT.W5)
    )
      return this.#limitErrno;
    if (
      (high > this.#farHigh || (high === this.#farHigh && low >= this.#farLow)) &&
      book.use(AT.W6)
    )
      return this.#farErrno;
    state.set(register, low, high);
    return 0;
  }

  #setMask(setups: Uint32Array, at: number, state: State, into: Prediction): number {
    const book = this.#book;
    if ((setups[at + SETUP.length] ?? 0) !== book.number("W25", "size") && book.use(AT.W25)) {
      into.wrote(book.number("W25", "errno"), -1);
    } else {
      let [low, high] = [setups[at + SETUP.words] ?? 0, setups[at + SETUP.words + 1] ?? 0];
      if (book.use(AT.W26)) {
        low = (low & ~book.low("W26", "never")) >>> 0;
        high = (high & ~book.high("W26", "never")) >>> 0;
      }
      state.blockedLow = low;
      state.blockedHigh = high;
      into.wrote(0, -1);
    }
    into.written[0] = state.blockedLow;
    into.written[1] = state.blockedHigh;
    into.writtenKnown = 1;
    return into.outcome[0] ?? 0;
  }
}
