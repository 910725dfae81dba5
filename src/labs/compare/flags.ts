import type { Random } from "../../lib/cases/random.ts";
import { type Halves, setWord } from "../../lib/cases/words.ts";

/** Sets of flags: each is one bit of a word. */
export class FlagSpace {
  /** The flags' names, by bit. */
  readonly names: ReadonlyMap<number, string>;
  readonly #bits: readonly number[];
  readonly #groups: readonly (readonly number[])[];

  /**
   * @param names flags by bit
   * @param groups bits of flags that have a meaning together, which chance would rarely draw
   */
  constructor(names: ReadonlyMap<number, string>, groups: readonly (readonly number[])[] = []) {
    this.names = names;
    this.#bits = [...names.keys()].sort((a, b) => a - b);
    this.#groups = groups;
  }

  /** The number of sets of at most two flags, the empty set included. */
  get pairs(): number {
    const count = this.#bits.length;
    return 1 + (count * (count + 1)) / 2;
  }

  /** Writes the set `index` of those: the empty set, then each flag alone and with each flag before it. */
  pair(index: number, to: Halves, at: number): void {
    setWord(to, at, 0, 0);
    if (index === 0) return;
    // Triangular numbers: row r has r + 1 sets.
    const row = Math.floor((Math.sqrt(8 * (index - 1) + 1) - 1) / 2);
    this.#add(row, to, at);
    this.#add(index - 1 - (row * (row + 1)) / 2, to, at);
  }

  /** Writes a random set, mostly of few flags: a refused combination hides the effect of every other flag. */
  draw(random: Random, to: Halves, at: number): void {
    const kind = random.below(16);
    const all = this.#bits.length;
    setWord(to, at, 0, 0);
    // All flags from one on: this shows encoders that compare sets as numbers.
    if (kind === 0) for (let i = random.below(all); i < all; i++) this.#add(i, to, at);
    const count = kind < 12 ? random.below(5) : random.below(all);
    for (let i = kind === 0 ? count : 0; i < count; i++) this.#add(random.below(all), to, at);
    if (kind % 4 === 1) {
      for (const bit of this.#groups[random.below(this.#groups.length)] ?? []) setBit(to, at, bit);
    }
    // A bit that may not be a flag.
    if (kind > 13) setBit(to, at, random.below(64));
  }

  #add(index: number, to: Halves, at: number): void {
    setBit(to, at, this.#bits[index] ?? 0);
  }
}

function setBit(to: Halves, at: number, bit: number): void {
  const half = 2 * at + (bit >>> 5);
  to[half] = (to[half] ?? 0) | (1 << (bit & 31));
}

/** The constants that match a pattern and have a single bit, by bit. Of two names for a bit, the first is taken. */
export function flagBits(
  constants: ReadonlyMap<string, bigint>,
  pattern: RegExp,
): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, value] of constants) {
    if (!pattern.test(name) || value <= 0n || (value & (value - 1n)) !== 0n) continue;
    const bit = value.toString(2).length - 1;
    if (!names.has(bit)) names.set(bit, name);
  }
  return names;
}

/** Records which bits of a word were set, and which pairs of bits together. */
export class PairCoverage {
  readonly #seen = new BigUint64Array(64);
  readonly #halves = new Uint32Array(this.#seen.buffer);

  add(low: number, high: number): void {
    this.#addHalf(low, 0, low, high);
    this.#addHalf(high, 32, low, high);
  }

  #addHalf(half: number, first: number, low: number, high: number): void {
    for (let rest = half; rest !== 0; rest &= rest - 1) {
      const at = 2 * (first + 31 - Math.clz32(rest & -rest));
      this.#halves[at] = (this.#halves[at] ?? 0) | low;
      this.#halves[at + 1] = (this.#halves[at + 1] ?? 0) | high;
    }
  }

  /** Counts how many of these bits were set, and how many pairs of them. */
  count(bits: readonly number[]): { bits: number; pairs: number } {
    const together = (a: number, b: number) =>
      (((this.#seen[a] ?? 0n) >> BigInt(b)) & 1n) === 1n ? 1 : 0;
    let pairs = 0;
    for (const [i, a] of bits.entries()) for (const b of bits.slice(0, i)) pairs += together(a, b);
    return { bits: bits.filter((bit) => together(bit, bit) === 1).length, pairs };
  }
}
