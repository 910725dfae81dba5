/** 8 MiB: room for a block for every one of some 30,000 threads. */
const SIZE = 8 << 20;

const WORD = 8;

/**
 * An encoder's memory. Everything in it lies at a multiple of 8 and is named by the index of its first word.
 * Typed arrays, whose byte order is the machine's: little-endian, as that of both architectures. Storing a
 * BigInt in one keeps it modulo 2^64, and takes a fifth of what a DataView takes.
 */
export class Memory {
  readonly buffer = new ArrayBuffer(SIZE);
  readonly #words = new BigUint64Array(this.buffer);
  readonly #halves = new Int32Array(this.buffer);

  /**
   * The index of the word at the byte offset of `size` bytes.
   *
   * @throws RangeError if they leave the buffer, or do not begin at a multiple of 8
   */
  indexOf(offset: number, size: number): number {
    if (offset >= 0 && offset + size <= SIZE && offset % WORD === 0) return offset / WORD;
    throw new RangeError(`${size} bytes at ${offset} do not lie at a multiple of 8 in ${SIZE}`);
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

  /** Moves a word down by a few, modulo 2^64. */
  lower(index: number, by: bigint): void {
    // asUintN spares the BigInt of the difference.
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
