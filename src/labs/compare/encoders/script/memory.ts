import { InputError } from "../../../../lib/errors.ts";

/** The size in bytes: enough for the blocks of some 30,000 threads. */
const SIZE = 8 << 20;

const WORD = 8;

/**
 * An encoder's memory. Everything in it is at a multiple of 8, and is identified by the index of its first word. It
 * uses typed arrays, whose byte order is the machine's: little-endian, as on both architectures. They store a BigInt
 * modulo 2^64, in a fifth of the time of a DataView.
 */
export class Memory {
  readonly buffer = new ArrayBuffer(SIZE);
  readonly #words = new BigUint64Array(this.buffer);
  readonly #halves = new Int32Array(this.buffer);

  /**
   * The index of the word at a byte offset, at which `size` bytes begin.
   *
   * @throws InputError if they extend beyond the buffer, or the offset is not a multiple of 8
   */
  indexOf(offset: number, size: number): number {
    if (offset >= 0 && offset + size <= SIZE && offset % WORD === 0) return offset / WORD;
    throw new InputError(`${size} bytes at ${offset} are not at a multiple of 8 within ${SIZE}`);
  }

  get(index: number): bigint {
    return this.#words[index] ?? 0n;
  }

  set(index: number, word: bigint): void {
    this.#words[index] = word;
  }

  /** The lower half of a word, signed. */
  low(index: number): number {
    return this.#halves[2 * index] ?? 0;
  }

  /** The upper half of a word, signed. */
  high(index: number): number {
    return this.#halves[2 * index + 1] ?? 0;
  }

  /** Sets a word by its halves, signed or not. */
  setHalves(index: number, low: number, high: number): void {
    this.#halves[2 * index] = low;
    this.#halves[2 * index + 1] = high;
  }

  /** Sets the half word at index `half` from the start of a word. */
  setHalf(index: number, half: number, value: number): void {
    this.#halves[2 * index + half] = value;
  }

  /** Subtracts from a word, modulo 2^64. */
  lower(index: number, by: bigint): void {
    // With asUintN, no BigInt is allocated for the difference.
    this.set(index, BigInt.asUintN(64, this.get(index) - by));
  }

  /** Copies words; the two places may overlap. */
  copy(to: number, from: number, words: number): void {
    this.#words.copyWithin(to, from, from + words);
  }

  clear(index: number, words: number): void {
    this.#words.fill(0n, index, index + words);
  }
}
