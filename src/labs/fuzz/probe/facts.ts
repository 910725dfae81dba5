/* The facts about setups, and the features, as data for the probe (shim/probe/cases.c). */

import { BASELINE } from "../case/arch.ts";
import { recordsOf } from "../case/batch.ts";
import { type Step, stepsOf } from "../case/case.ts";
import { placeOfField } from "../case/fields.ts";
import { SETUP, SETUP_SIZE } from "../case/records.ts";
import { FEATURE_TRIALS, SETUP_FACTS } from "../facts/arch.ts";
import type { SetupCheck } from "../facts/fact.ts";
import { NEED_NAMES } from "../facts/needs.ts";

/** Bytes that are written one after the other. */
export class Bytes {
  readonly #bytes: number[] = [];

  /** A word in as few bytes as it needs: seven bits each, the lowest first, and a bit that says whether there are more. */
  word(value: bigint | number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes.push(Number(rest & 0x7fn) | 0x80);
    this.#bytes.push(Number(rest));
  }

  /** A text, and a zero. */
  text(text: string): void {
    this.put(new TextEncoder().encode(`${text}\0`));
  }

  put(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  /** What was written. */
  get all(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** The words of a setup that its checks begin with: those of the baseline. */
function baseWords(): BigUint64Array {
  const words = new BigUint64Array(SETUP_SIZE / 8);
  words.set(BASELINE, SETUP.words / 2);
  return words;
}

/**
 *     file    fact...
 *     fact    group, name, source, bytes that follow, checks
 *     checks  number, check...
 *     check   name, needs (a bit each), whether it is filtered, steps: number, step...;
 *             expected of the last: number, (twice the offset, and 1 for a half, word)...
 *     step    differing words: number, (index, word)...
 */
export function factData(): Uint8Array {
  const bytes = new Bytes();
  for (const { group, name, source, checks } of SETUP_FACTS) {
    const body = checkData(checks);
    for (const text of [group, name, source]) bytes.text(text);
    bytes.word(body.length);
    bytes.put(body);
  }
  return bytes.all;
}

export const featureData = () => checkData(FEATURE_TRIALS);

function checkData(checks: readonly SetupCheck[]): Uint8Array {
  const bytes = new Bytes();
  bytes.word(checks.length);
  for (const check of checks) putCheck(bytes, check);
  return bytes.all;
}

function putCheck(bytes: Bytes, { name, it, expected, needs, isFiltered }: SetupCheck): void {
  bytes.text(name);
  bytes.word(needs.reduce((set, need) => set | (1n << BigInt(NEED_NAMES.indexOf(need))), 0n));
  const steps = stepsOf(it);
  bytes.word(Number(isFiltered));
  bytes.word(steps.length);
  for (const step of steps) putStep(bytes, step);
  bytes.word(expected.size);
  for (const [field, word] of expected) {
    const { offset, half } = placeOfField(it, field);
    bytes.word(2 * offset + Number(half));
    bytes.word(half ? BigInt.asUintN(32, word) : word);
  }
}

function putStep(bytes: Bytes, step: Step): void {
  const base = baseWords();
  const words = new BigUint64Array(recordsOf([step]).buffer);
  const differing = [...words.entries()].filter(([i, word]) => word !== base[i]);
  bytes.word(differing.length);
  for (const [i, word] of differing) {
    bytes.word(i);
    bytes.word(word);
  }
}
