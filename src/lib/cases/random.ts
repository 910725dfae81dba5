import { InputError } from "../errors.ts";
import { integer, type Shape, show } from "../shape.ts";

/** The seed of random cases: an integer of 64 bits without sign, as a BigInt or a number. */
export const seedOf: Shape<bigint> = (value, place) => {
  const seed = integer(value, place);
  if (BigInt.asUintN(64, seed) === seed) return seed;
  throw new InputError(`${place}: expected an integer from 0 to 2^64 - 1, got ${show(value)}`);
};

/**
 * Random numbers determined by a seed, a stream and an index: case `i` does not depend on the cases before it.
 *
 * xoshiro128** (Blackman and Vigna), because 32-bit arithmetic needs no BigInt. The finalizer of MurmurHash3 mixes
 * its state from the key. assembly/fuzz/random.ts is the same generator; a test compares their numbers.
 */
export class Random {
  readonly #low: number;
  readonly #high: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param seed 64 bits */
  constructor(seed: bigint) {
    this.#low = Number(BigInt.asUintN(32, seed));
    this.#high = Number(BigInt.asUintN(32, seed >> 32n));
    this.start(0, 0);
  }

  /** Moves to the start of case `index` (at most 2^53) of a stream. */
  start(stream: number, index: number): void {
    let state = mix(this.#low ^ Math.imul(stream, 0x9e3779b9));
    state = this.#a = mix(state ^ this.#high);
    state = this.#b = mix(state ^ index);
    state = this.#c = mix(state ^ Math.floor(index / 2 ** 32));
    // The generator needs one word that is not 0.
    this.#d = mix(state) | 1;
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** 0 to `count` - 1, for a count up to 2^32. */
  below(count: number): number {
    return Math.floor((this.next() / 2 ** 32) * count);
  }

  /** True with probability `numerator` / `denominator`. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator;
  }

  /** One of the choices. */
  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

function mix(word: number): number {
  let mixed = word + 0x6d2b79f5;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
