import type { Machine } from "../machine.ts";
import { SETUP, WAYS } from "../setups.ts";
import { AT, type Book } from "./book.ts";
import type { Prediction } from "./prediction.ts";

const SETFPREGS = WAYS.indexOf("SETFPREGS");
/** struct user_fpregs_struct; its mxcsr, and where registers are the same in an XSAVE area. */
const FPREGS_SIZE = 512;
const MXCSR = 24;
const WORD = 8;
/** What a byte is that no pair puts. */
const NOT_GIVEN = -1;

/** Floating point: pairs put into an area that is written as a whole, and words read back from where they were put. */
export class FloatingPoint {
  readonly #book: Book;
  readonly #machine: Machine;

  constructor(book: Book, machine: Machine) {
    this.#book = book;
    this.#machine = machine;
  }

  /** Answers the errno, and puts into a prediction what is read back. */
  write(setups: Uint32Array, at: number, way: number, into: Prediction): number {
    const error =
      way === SETFPREGS ? this.#refusesRegisters(setups, at) : this.#refusesArea(setups, at);
    into.wrote(error, -1);
    if (error !== 0) return error;
    const count = setups[at + SETUP.count] ?? 0;
    for (let k = 0; k < count; k++) {
      const offset = setups[at + SETUP.words + 4 * k] ?? 0;
      // Components are read as they are at the start where the header has none of them.
      if (way !== SETFPREGS) continue;
      const [low, high] = [this.#half(setups, at, offset), this.#half(setups, at, offset + 4)];
      if (low === NOT_GIVEN || high === NOT_GIVEN) continue;
      into.written[2 * k] = low;
      into.written[2 * k + 1] = high;
      into.writtenKnown |= 1 << k;
    }
    return 0;
  }

  #refusesRegisters(setups: Uint32Array, at: number): number {
    const book = this.#book;
    const mask = book.low("W27", "mask");
    return this.#hasBits(setups, at, MXCSR, ~mask) && book.use(AT.W27)
      ? book.number("W27", "errno")
      : 0;
  }

  #refusesArea(setups: Uint32Array, at: number): number {
    const book = this.#book;
    const length = setups[at + SETUP.length] ?? 0;
    if (length % book.number("W29", "size") !== 0 && book.use(AT.W29))
      return book.number("W29", "errno");
    if (length < this.#machine.xstateLength && book.use(AT.W30)) return book.number("W30", "errno");
    const header = book.number("W31", "at");
    const unknown =
      this.#hasBits(setups, at, header, ~this.#machine.xfeatures) ||
      this.#hasBits(setups, at, header + 4, 0xffff_ffff);
    if (unknown && book.use(AT.W31)) return book.number("W31", "errno");
    for (let k = book.number("W32", "begin"); k < book.number("W32", "end"); k += 4) {
      if (this.#hasBits(setups, at, k, 0xffff_ffff) && book.use(AT.W32))
        return book.number("W32", "errno");
    }
    const given = this.#half(setups, at, header);
    const components = book.low("W33", "components");
    const checked = given === NOT_GIVEN || (given & components) !== 0;
    if (checked && this.#hasBits(setups, at, MXCSR, ~book.low("W33", "mask")) && book.use(AT.W33))
      return book.number("W33", "errno");
    return 0;
  }

  #hasBits(setups: Uint32Array, at: number, offset: number, bits: number): boolean {
    for (let k = 0; k < 4; k++) {
      const byte = this.#byte(setups, at, offset + k);
      if (byte !== NOT_GIVEN && (byte & (bits >>> (8 * k)) & 0xff) !== 0) return true;
    }
    return false;
  }

  /** Four bytes as they are read back, of the registers. */
  #half(setups: Uint32Array, at: number, offset: number): number {
    let half = 0;
    for (let k = 0; k < 4; k++) {
      const byte = this.#readBack(setups, at, offset + k);
      if (byte === NOT_GIVEN) return NOT_GIVEN;
      half |= byte << (8 * k);
    }
    return half >>> 0;
  }

  #readBack(setups: Uint32Array, at: number, offset: number): number {
    if (offset >= FPREGS_SIZE) return 0;
    if (offset >= this.#book.number("W28", "begin") && this.#book.use(AT.W28)) return 0;
    return this.#byte(setups, at, offset);
  }

  /** What the last pair that reaches a byte has there. */
  #byte(setups: Uint32Array, at: number, offset: number): number {
    for (let k = (setups[at + SETUP.count] ?? 0) - 1; k >= 0; k--) {
      const half = at + SETUP.words + 4 * k;
      const distance = offset - (setups[half] ?? 0);
      if (setups[half + 1] !== 0 || distance < 0 || distance >= WORD) continue;
      return ((setups[half + 2 + (distance >> 2)] ?? 0) >>> (8 * (distance & 3))) & 0xff;
    }
    return NOT_GIVEN;
  }
}
