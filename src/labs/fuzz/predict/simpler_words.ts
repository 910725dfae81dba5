/* Fewer and plainer words of a case, one at a time. */

import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { BASELINE, SCRATCH, STUB_CODE } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import { isRegister } from "./arch.ts";

export function* fewerPairs(it: Case): Iterable<Case> {
  for (let i = it.pairs.length - 1; i >= 0; i--) yield { ...it, pairs: it.pairs.toSpliced(i, 1) };
}

/** A word of a case, its plainest value, and the case with another value in its place. */
interface Place {
  readonly word: bigint;
  readonly plain: bigint;
  put(word: bigint): Case;
}

function places(it: Case): Place[] {
  return [
    ...it.block.map((word, i) => ({
      word,
      plain: BASELINE[i] ?? 0n,
      put: (to: bigint) => ({ ...it, block: it.block.with(i, to) }),
    })),
    ...it.words.map((word, i) => ({
      word,
      plain: 0n,
      put: (to: bigint) => ({ ...it, words: it.words.with(i, to) }),
    })),
    ...it.pairs.map(({ offset, word }, i) => ({
      word,
      plain: plainAt(it, offset),
      put: (to: bigint) => ({ ...it, pairs: it.pairs.with(i, { offset, word: to }) }),
    })),
  ].filter(({ word, plain }) => word !== plain);
}

/** The value of a register that a pair writes, if the pair is missing. */
function plainAt({ way }: Case, offset: bigint): bigint {
  return way === "POKEUSER" && isRegister(offset) ? (BASELINE[Number(offset) / 8] ?? 0n) : 0n;
}

export function* fewerWords(it: Case): Iterable<Case> {
  for (const { plain, put } of places(it)) yield put(plain);
}

/** A program in C has the scratch pages, but not the stub code. */
export function* outsideOfStubCode(it: Case): Iterable<Case> {
  for (const { word, put } of places(it)) {
    if (word >= STUB_CODE && word < STUB_CODE + BigInt(PAGE_SIZE)) yield put(SCRATCH);
  }
}

/** Each bit that differs, from the top, made as it is in the plain word. */
export function* fewerBits(it: Case): Iterable<Case> {
  for (const { word, plain, put } of places(it)) {
    for (let bit = 1n << 63n; bit !== 0n; bit >>= 1n) {
      if (((word ^ plain) & bit) !== 0n) yield put(word ^ bit);
    }
  }
}

/** Halves, and one less: what is left at a boundary is the boundary. */
export function* lowerWords(it: Case): Iterable<Case> {
  for (const { word, plain, put } of places(it)) {
    for (const lower of [word >> 1n, word - 1n]) {
      if (word !== 0n && isSimpler(lower, word, plain)) yield put(lower);
    }
  }
}

/** Lower, and no more bits away from the plain word: the steps must not undo each other. */
function isSimpler(lower: bigint, word: bigint, plain: bigint): boolean {
  return lower < word && bits(lower ^ plain) <= bits(word ^ plain);
}

function bits(word: bigint): number {
  let count = 0;
  for (let rest = word; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}
