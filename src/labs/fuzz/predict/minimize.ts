/*
 * Makes a case smaller while a condition holds: fewer steps, then fewer words that differ from the baseline, then fewer
 * bits, then lower values; and the plainest way in and out.
 */

import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { InputError } from "../../../lib/errors.ts";
import { callback, truth } from "../../../lib/shape.ts";
import { BASELINE, CONTENTS, PC, placeOf, REST_CODE, SCRATCH, STUB_CODE } from "../case/arch.ts";
import { type Case, caseOf, expectCase, type Step, stepsOf } from "../case/case.ts";
import { asBlock, asNothing, asPokes, isRegister } from "./arch.ts";

/** Each try may cost a stub. */
const MOST_TRIES = 4000;

/**
 * The smallest case near `it` for which `holds` returns true: fewer steps, then fewer words that differ from the baseline,
 * then fewer bits, then lower values, and the plainest way in and out. The same results of `holds` give the same case; it is
 * called for at most 4,000 cases.
 *
 * @param holds a synchronous function that is true for `it`
 * @throws InputError; what `holds` throws
 *
 * @example
 * using examiner = new Examiner();
 * const dies = (it) => ((examiner.examine(it).seen.get("status") ?? 0x7fn) & 0x7fn) !== 0x7fn;
 * const smallest = minimize(it, dies);
 */
export function minimize(it: Case, holds: (it: Case) => boolean): Case {
  expectCase(it);
  callback(holds, "holds");
  if (holds === undefined) throw new InputError("holds: expected a function, got nothing");
  let left = MOST_TRIES;
  const asked = (other: Case): boolean => left-- > 0 && truth(holds(other), "what holds returns");
  const whole = reduce(it, asked);
  if (changedWords(whole) <= FEW) return whole;
  const poked = caseOf(stepsOf(whole).map((step) => asPokes(step) ?? step));
  if (blocksOf(poked) === blocksOf(whole) || !asked(poked)) return whole;
  // Going back to SETREGS would start over.
  const few = reduce(poked, (other) => blocksOf(other) <= blocksOf(poked) && asked(other));
  return changedWords(few) < changedWords(whole) ? few : whole;
}

/** With more words than these another way is tried, in case it needs fewer. */
const FEW = 3;

/** How many steps write whole blocks. */
const blocksOf = (it: Case): number => stepsOf(it).filter(({ block }) => block.length > 0).length;

/** Repeats the kinds of changes in turn: the remaining words decide which way is plain enough, and the way which words remain. */
function reduce(it: Case, holds: (it: Case) => boolean): Case {
  let best = it;
  /** Tries the candidates of a change, and continues from each that holds. */
  const take = (simpler: Simplification): boolean => {
    for (let [failed, better] = [0, false]; ; better = true) {
      const untried = [...simpler(best)].slice(failed);
      const index = untried.findIndex((each) => holds(each));
      const found = untried[index];
      if (found === undefined) return better;
      best = found;
      failed += index;
    }
  };
  for (let better = true; better; ) {
    better = false;
    for (const simpler of SIMPLIFICATIONS) better = take(simpler) || better;
  }
  return best;
}

/**
 * Simpler cases than one, the simplest first. No change undoes another, so the search ends: the candidates
 * for a case that held come later, or are fewer.
 */
type Simplification = (it: Case) => Iterable<Case>;

const SIMPLIFICATIONS: readonly Simplification[] = [
  fewerSteps,
  inEachStep(plainer),
  inEachStep(fewerPairs),
  inEachStep(fewerWords),
  inEachStep(outsideOfStubCode),
  inEachStep(fewerBits),
  inEachStep(lowerWords),
];

/** Without one of several steps. The first that is left begins where the first did. */
function* fewerSteps(it: Case): Iterable<Case> {
  const steps = stepsOf(it);
  if (steps.length === 1) return;
  for (let i = steps.length - 1; i >= 0; i--) yield caseOf(steps.toSpliced(i, 1), steps[0]?.from);
}

/** The candidates for each step, beside the others as they are. */
function inEachStep(simpler: (step: Step) => Iterable<Step>): Simplification {
  return function* (it) {
    const steps = stepsOf(it);
    for (const [i, step] of steps.entries()) {
      for (const other of simpler(step)) yield caseOf(steps.with(i, other));
    }
  };
}

/** How many words of a case differ from the baseline. @throws InputError */
export function changedWords(it: Case): number {
  expectCase(it);
  return stepsOf(it).reduce((sum, { block, pairs, words }) => {
    const changed = block.filter((word, i) => word !== BASELINE[i]).length;
    return sum + changed + pairs.length + words.filter((word) => word !== 0n).length;
  }, 0);
}

/* The same step by a plainer way in and out. */

/** The words of struct ptrace_sud_config. rip and rax follow. */
const DISPATCH_CONFIG = 4;

/** One of the kinds is made the plainest, or plainer. */
function* plainer(it: Step): Iterable<Step> {
  const nothing = it.from === "last" ? asNothing(it) : undefined;
  if (nothing !== undefined) yield nothing;
  const plain = asBlock(it);
  if (plain !== undefined) yield plain;
  if (it.way === "DISPATCH") yield* withoutDispatch(it);
  if (it.signal !== 0) yield { ...it, signal: 0 };
  if (it.from !== "signal" && it.from !== "last") yield { ...it, from: "signal" };
  if (it.way === "SIGRETURN") yield* plainerFrames(it);
  else if (it.on !== "NONE") yield { ...it, on: "NONE" };
  if (it.on !== "NONE" && it.on !== "CONT") yield { ...it, on: "CONT" };
  if (it.on === "SYSEMU_SINGLESTEP") yield { ...it, on: "SINGLESTEP" };
  if (it.block.length > 0 && it.block[PC] !== placeOf(REST_CODE)) {
    yield { ...it, block: it.block.with(PC, placeOf(REST_CODE)) };
  }
  const { length } = CONTENTS[it.way];
  if (typeof length === "number" && it.length !== length) yield { ...it, length };
}

/** Any of the words alone would make the configuration invalid. */
function* withoutDispatch(it: Step): Iterable<Step> {
  const words = it.words.map((word, i) => (i < DISPATCH_CONFIG ? 0n : word));
  if (words.some((word, i) => word !== it.words[i])) yield { ...it, words };
}

/** Without floating point, and with fewer flags. */
function* plainerFrames({ frame, ...it }: Step): Iterable<Step> {
  if (frame === undefined) return;
  const { ucFlags, fpstate, image } = frame;
  if (fpstate) yield { ...it, pairs: [], frame: { ucFlags, fpstate: false } };
  if (image !== undefined) {
    yield { ...it, pairs: [], frame: { ucFlags, fpstate } };
    if (image !== SCRATCH) yield { ...it, frame: { ...frame, image: SCRATCH } };
  }
  for (let bit = 2 ** 31; bit >= 1; bit /= 2) {
    if ((ucFlags & bit) !== 0)
      yield { ...it, frame: { ...frame, ucFlags: (ucFlags & ~bit) >>> 0 } };
  }
}

/* Fewer and plainer words of a step, one at a time. */

function* fewerPairs(it: Step): Iterable<Step> {
  for (let i = it.pairs.length - 1; i >= 0; i--) yield { ...it, pairs: it.pairs.toSpliced(i, 1) };
}

/** A word of a step, its plainest value, and the step with another value in its place. */
interface Place {
  readonly word: bigint;
  readonly plain: bigint;
  put(word: bigint): Step;
}

function places(it: Step): Place[] {
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

export function* fewerWords(it: Step): Iterable<Step> {
  for (const { plain, put } of places(it)) yield put(plain);
}

/** A program in C has the scratch pages, but not the stub code. */
function* outsideOfStubCode(it: Step): Iterable<Step> {
  for (const { word, put } of places(it)) {
    if (word >= STUB_CODE && word < STUB_CODE + BigInt(PAGE_SIZE)) yield put(SCRATCH);
  }
}

/** Each bit that differs, from the top, made as it is in the plain word. */
function* fewerBits(it: Step): Iterable<Step> {
  for (const { word, plain, put } of places(it)) {
    for (let bit = 1n << 63n; bit !== 0n; bit >>= 1n) {
      if (((word ^ plain) & bit) !== 0n) yield put(word ^ bit);
    }
  }
}

/** Halves, and one less: what is left at a boundary is the boundary. */
function* lowerWords(it: Step): Iterable<Step> {
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
