/* The facts about setups, and the features, as data for the probe (shim/probe/cases.c). */

import { BASELINE } from "../case/arch.ts";
import { recordsOf } from "../case/batch.ts";
import { type Step, stepsOf } from "../case/case.ts";
import { placeOfField } from "../case/fields.ts";
import { SETUP, SETUP_SIZE } from "../case/records.ts";
import { FEATURE_TRIALS, SETUP_FACTS } from "../facts/arch.ts";
import type { SetupCheck } from "../facts/fact.ts";
import { NEED_NAMES } from "../facts/needs.ts";

/** Bytes that are written one after the other, little-endian. */
export class Bytes {
  readonly #bytes: number[] = [];

  u8(value: number): void {
    this.#bytes.push(value & 0xff);
  }

  u16(value: number): void {
    this.u8(value);
    this.u8(value >>> 8);
  }

  /** A word in as few bytes as it needs: seven bits each, the lowest first, and a bit that says whether there are more. */
  word(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
    this.u8(Number(rest));
  }

  /** A text, and a zero. */
  text(text: string): void {
    for (const byte of new TextEncoder().encode(text)) this.u8(byte);
    this.u8(0);
  }

  put(bytes: Uint8Array): void {
    for (const byte of bytes) this.u8(byte);
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
 *     fact    group, name, source, bytes that follow (word), checks
 *     checks  number (u16), check...
 *     check   name, needs (word: a bit each), whether it is filtered (u8), steps: number (u8), step...;
 *             expected of the last: number (u8), (offset (u16), with 0x8000 for a half, word)...
 *     step    differing words: number (u8), (index (u8), word)...
 */
export function factData(): Uint8Array {
  const bytes = new Bytes();
  for (const { group, name, source, checks } of SETUP_FACTS) {
    const body = checkData(checks);
    for (const text of [group, name, source]) bytes.text(text);
    bytes.word(BigInt(body.length));
    bytes.put(body);
  }
  return bytes.all;
}

export const featureData = () => checkData(FEATURE_TRIALS);

function checkData(checks: readonly SetupCheck[]): Uint8Array {
  const bytes = new Bytes();
  bytes.u16(checks.length);
  for (const check of checks) putCheck(bytes, check);
  return bytes.all;
}

function putCheck(bytes: Bytes, { name, it, expected, needs, isFiltered }: SetupCheck): void {
  bytes.text(name);
  bytes.word(needs.reduce((set, need) => set | (1n << BigInt(NEED_NAMES.indexOf(need))), 0n));
  const steps = stepsOf(it);
  bytes.u8(Number(isFiltered));
  bytes.u8(steps.length);
  for (const step of steps) putStep(bytes, step);
  bytes.u8(expected.size);
  for (const [field, word] of expected) {
    const { offset, half } = placeOfField(it, field);
    bytes.u16(offset | (half ? 0x8000 : 0));
    bytes.word(half ? BigInt.asUintN(32, word) : word);
  }
}

function putStep(bytes: Bytes, step: Step): void {
  const base = baseWords();
  const words = new BigUint64Array(recordsOf([step]).buffer);
  const differing = [...words.entries()].filter(([i, word]) => word !== base[i]);
  bytes.u8(differing.length);
  for (const [i, word] of differing) {
    bytes.u8(i);
    bytes.word(word);
  }
}
