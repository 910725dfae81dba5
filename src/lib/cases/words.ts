import type { Random } from "./random.ts";

/**
 * 64-bit words, written as two halves into a Uint32Array at twice the word's index. The low half comes first: both
 * architectures are little-endian.
 */
export type Halves = Uint32Array;

const MASK = 2n ** 64n - 1n;

function unsigned(words: readonly bigint[]): bigint[] {
  return [...new Set(words.map((word) => word & MASK))];
}

/** The words around each power of two, and their negatives: where a field, a sign or a page may end. */
export const BOUNDARIES: readonly bigint[] = unsigned(
  Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit)).flatMap((power) =>
    [power - 1n, power, power + 1n].flatMap((word) => [word, -word]),
  ),
);

/** Results of system calls: values, errnos around the last one, and restarts. */
export const RESULTS: readonly bigint[] = unsigned([
  ...[0n, -1n, -2n, -11n, -22n, -38n, -4094n, -4095n, -4096n, -4097n],
  ...[-510n, -511n, -512n, -513n, -514n, -515n, -516n, -517n, -518n],
  ...[2n ** 31n, -(2n ** 31n), 2n ** 63n, 2n ** 53n, -(2n ** 53n)].flatMap((word) => [
    word - 1n,
    word,
    word + 1n,
  ]),
]);

/** A table of words to draw from without creating BigInts. */
export class WordTable {
  readonly length: number;
  readonly #halves: Halves;

  constructor(words: readonly bigint[]) {
    this.length = words.length;
    this.#halves = new Uint32Array(BigUint64Array.from(words).buffer);
  }

  /** Writes word `index` of the table as word `at`. */
  copy(index: number, to: Halves, at: number): void {
    to[2 * at] = this.#halves[2 * index] ?? 0;
    to[2 * at + 1] = this.#halves[2 * index + 1] ?? 0;
  }

  /** Writes one of the words. */
  draw(random: Random, to: Halves, at: number): void {
    this.copy(random.below(this.length), to, at);
  }
}

const boundaries = new WordTable(BOUNDARIES);
const results = new WordTable(RESULTS);

/** Draws any word: a boundary, a small number, or random bits. */
export function drawWord(random: Random, to: Halves, at: number): void {
  const kind = random.below(8);
  if (kind < 3) boundaries.draw(random, to, at);
  else if (kind === 3) setWord(to, at, random.below(4096), 0);
  else setWord(to, at, random.next(), random.next());
}

/** Draws a word that a system call may return. */
export function drawResult(random: Random, to: Halves, at: number): void {
  const kind = random.below(4);
  if (kind === 0) results.draw(random, to, at);
  // Every errno, and some numbers beyond the last.
  else if (kind === 1) setWord(to, at, -random.below(4200) >>> 0, 0xffff_ffff);
  else drawWord(random, to, at);
}

/** Draws 32 bits; the upper half of the word is 0, also for negative numbers. */
export function drawInt(random: Random, to: Halves, at: number): void {
  drawWord(random, to, at);
  to[2 * at + 1] = 0;
}

export function setWord(to: Halves, at: number, low: number, high: number): void {
  to[2 * at] = low;
  to[2 * at + 1] = high;
}

/** The number of classes of `classOf`. */
export const CLASSES = 128;

/** The class of a word: its bit length (0 to 63), or 64 plus that of its complement if bit 63 is set. */
export function classOf(low: number, high: number): number {
  const negative = high >>> 31;
  const upper = negative ? ~high : high;
  const lower = negative ? ~low : low;
  const length = upper === 0 ? 32 - Math.clz32(lower) : 64 - Math.clz32(upper);
  return negative * 64 + length;
}
