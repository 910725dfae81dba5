import * as assert from "uvu/assert";
import { hex } from "../../src/errors.ts";
import { type Encoder, openEncoder, registerLayout } from "../../src/index.ts";
import { BOUNDARIES, randomWords } from "./random.ts";

/** Words of a register block of amd64. */
export const WORDS = 27;
/** Blocks before, between and after the two that the encoders are given. */
const WINDOW = 5 * WORDS;
export const INITIAL = WORDS;
export const BLOCK = 3 * WORDS;

const WORD_OF = new Map(
  registerLayout(openEncoder("native", "amd64")).map(({ name, offset }) => [name, offset / 8]),
);

/** The index of a register's word in a block. */
export function wordOf(register: string): number {
  return WORD_OF.get(register) ?? -1;
}

/** Runs every encoder on the same words, and compares them with the expected words. */
export function expectMemory(
  encoders: readonly Encoder[],
  content: readonly bigint[],
  work: (encoder: Encoder, start: number) => void,
  expected: readonly bigint[],
): void {
  for (const encoder of encoders) {
    const start = Math.ceil(encoder.heap / 8) * 8;
    const words = new BigUint64Array(encoder.buffer, start, WINDOW);
    words.set(content);
    work(encoder, start);
    const wrong = expected.findIndex((word, j) => words[j] !== word);
    if (wrong < 0) continue;
    assert.unreachable(
      `${encoder.name}, word ${wrong}: ${hex(words[wrong] ?? 0n)}, expected ${hex(expected[wrong] ?? 0n)}`,
    );
  }
}

/** The words of windows, from one seed. */
export class RandomWindows {
  readonly word: () => bigint;

  constructor(seed: bigint) {
    this.word = randomWords(seed);
  }

  window(): bigint[] {
    return Array.from({ length: WINDOW }, this.word);
  }

  /** A boundary or a random word. */
  someWord(): bigint {
    const word = this.word();
    if (word % 2n === 0n) return this.word();
    return BOUNDARIES[Number((word >> 1n) % BigInt(BOUNDARIES.length))] ?? 0n;
  }
}

/** `content` with other words in some places. */
export function changed(
  content: readonly bigint[],
  changes: readonly (readonly [number, bigint])[],
): bigint[] {
  const words = [...content];
  for (const [at, word] of changes) words[at] = BigInt.asUintN(64, word);
  return words;
}
