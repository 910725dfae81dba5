import { SETUP, WAYS } from "../../case/setups.ts";
import type { Machine } from "../../try/machine.ts";
import { AT, type Book } from "./book.ts";
import type { Prediction } from "./prediction.ts";

const SETFPREGS = WAYS.indexOf("SETFPREGS");
/** struct user_fpregs_struct; its mxcsr, and where registers are the same in an XSAVE area. */
const FPREGS_SIZE = 512;
const MXCSR = 24;
const MXCSR_MASK = 28;
const WORD = 8;
/** What a byte is that no pair puts, and one that nobody knows. */
const NOT_GIVEN = -1;
const NOT_KNOWN = -1;

/** Components: bits of XCR0. */
const [X87, SSE, AVX, MASKS, ZMM, HIGH_ZMM] = [1, 2, 4, 0x20, 0x40, 0x80];
/** Where they lie in an XSAVE area, those of AVX-512 where they follow each other without a gap. */
const [SSE_BEGIN, HEADER, HEADER_END, AVX_END] = [160, 512, 576, 832];
const [MASKS_END, ZMM_END, PACKED_END] = [896, 1408, 2432];

/** At the start of a program: the x87 control word, mxcsr, and else nothing. */
const START: Readonly<Record<number, number>> = { 0: 0x7f, 1: 3, 24: 0x80, 25: 0x1f };

/** Floating point: pairs put into an area that is written as a whole, and words read back from where they were put. */
export class FloatingPoint {
  readonly #book: Book;
  readonly #machine: Machine;
  readonly #padding: number;
  readonly #told: number;
  /** How many pairs were taken. */
  #given = 0;

  constructor(book: Book, machine: Machine) {
    this.#book = book;
    this.#machine = machine;
    this.#padding = book.number("W28", "begin");
    this.#told = book.number("W34", "begin");
  }

  /** Answers the errno, and puts into a prediction what is read back. */
  write(setups: Uint32Array, at: number, way: number, into: Prediction): number {
    const error =
      way === SETFPREGS ? this.#refusesRegisters(setups, at) : this.#refusesArea(setups, at);
    into.wrote(error, -1);
    const count = setups[at + SETUP.count] ?? 0;
    // Where it was refused all is as before.
    this.#given = error === 0 ? count : 0;
    const components = this.#components(setups, at, way, error);
    for (let k = 0; k < count; k++) {
      const half = at + SETUP.words + 4 * k;
      const offset = (setups[half] ?? 0) + (setups[half + 1] ?? 0) * 2 ** 32;
      const low = this.#half(setups, at, offset, way, components);
      const high = this.#half(setups, at, offset + 4, way, components);
      if (low === NOT_KNOWN || high === NOT_KNOWN) continue;
      into.written[2 * k] = low;
      into.written[2 * k + 1] = high;
      into.writtenKnown |= 1 << k;
    }
    return error;
  }

  /** The components that an area has in use. */
  #components(setups: Uint32Array, at: number, way: number, error: number): number {
    const all = this.#machine.xfeatures;
    if (error !== 0) return NOT_KNOWN;
    if (way === SETFPREGS) return all;
    let components = 0;
    for (let k = 0; k < 4; k++) {
      const byte = this.#byte(setups, at, HEADER + k);
      components |= (byte === NOT_GIVEN ? (all >>> (8 * k)) & 0xff : byte) << (8 * k);
    }
    return components;
  }

  #refusesRegisters(setups: Uint32Array, at: number): number {
    const book = this.#book;
    for (const id of ["W27", "W36"] as const) {
      const refused = this.#hasBits(setups, at, MXCSR, ~book.low(id, "mask"));
      if (refused && book.use(AT[id])) return book.number(id, "errno");
    }
    return 0;
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
    const end = book.number("W32", "end");
    for (let k = book.number("W32", "begin"); k < end; k += 4) {
      if (this.#hasBits(setups, at, k, 0xffff_ffff) && book.use(AT.W32))
        return book.number("W32", "errno");
    }
    const given = this.#byte(setups, at, header);
    for (const id of ["W33", "W37"] as const) {
      const checked = given === NOT_GIVEN || (given & book.low(id, "components")) !== 0;
      const refused = checked && this.#hasBits(setups, at, MXCSR, ~book.low(id, "mask"));
      if (refused && book.use(AT[id])) return book.number(id, "errno");
    }
    return 0;
  }

  #hasBits(setups: Uint32Array, at: number, offset: number, bits: number): boolean {
    for (let k = 0; k < 4; k++) {
      const byte = this.#byte(setups, at, offset + k);
      if (byte !== NOT_GIVEN && (byte & (bits >>> (8 * k)) & 0xff) !== 0) return true;
    }
    return false;
  }

  /** Four bytes as they are read back. */
  #half(setups: Uint32Array, at: number, offset: number, way: number, components: number): number {
    let half = 0;
    for (let k = 0; k < 4; k++) {
      const byte =
        way === SETFPREGS
          ? this.#registerByte(setups, at, offset + k)
          : this.#areaByte(setups, at, offset + k, components);
      if (byte === NOT_KNOWN) return NOT_KNOWN;
      half |= byte << (8 * k);
    }
    return half >>> 0;
  }

  /** A byte of struct user_fpregs_struct. */
  #registerByte(setups: Uint32Array, at: number, offset: number): number {
    if (offset >= FPREGS_SIZE) return 0;
    if (offset >= this.#padding && this.#book.use(AT.W28)) return 0;
    return this.#givenByte(setups, at, offset);
  }

  /** A byte of an XSAVE area, in which what is not in use reads as at the start of a program. */
  #areaByte(setups: Uint32Array, at: number, offset: number, components: number): number {
    const { xstateLength, xfeatures } = this.#machine;
    if (offset >= xstateLength) return 0;
    if (offset >= HEADER && offset < HEADER_END) {
      if (offset >= HEADER + 4) return 0;
      // Of an area that was refused nobody knows: what is in use there changes as programs run.
      if (components === NOT_KNOWN) return NOT_KNOWN;
      return (components >>> (8 * (offset - HEADER))) & 0xff;
    }
    if (offset >= this.#told && offset < HEADER && this.#book.use(AT.W34))
      return offset < this.#told + 4 ? (xfeatures >>> (8 * (offset - this.#told))) & 0xff : 0;
    if (offset >= this.#padding && offset < HEADER && this.#book.use(AT.W28)) return 0;
    const component = this.#componentAt(offset);
    if (component === 0) return NOT_KNOWN;
    if ((components & component) === 0 && this.#book.use(AT.W35)) return this.#startByte(offset);
    return this.#givenByte(setups, at, offset);
  }

  /** The components of which one must be in use for a byte of an area to be what was given; 0 where it is not known. */
  #componentAt(offset: number): number {
    if (offset >= MXCSR && offset < MXCSR + WORD) return SSE | AVX;
    if (offset < SSE_BEGIN) return X87;
    if (offset < HEADER) return SSE;
    if (offset < AVX_END) return AVX;
    if (this.#machine.xstateLength !== PACKED_END) return 0;
    if (offset < MASKS_END) return MASKS;
    return offset < ZMM_END ? ZMM : HIGH_ZMM;
  }

  #givenByte(setups: Uint32Array, at: number, offset: number): number {
    const byte = this.#given === 0 ? NOT_GIVEN : this.#byte(setups, at, offset);
    return byte === NOT_GIVEN ? this.#startByte(offset) : byte;
  }

  #startByte(offset: number): number {
    if (offset < MXCSR_MASK || offset >= MXCSR_MASK + 4) return START[offset] ?? 0;
    return (this.#machine.mxcsrMask >>> (8 * (offset - MXCSR_MASK))) & 0xff;
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
