/*
 * Makes a case smaller while a condition holds: fewer words that differ from the baseline, then fewer bits, then
 * lower values; and the plainest way in and out.
 */

import { InputError } from "../../../lib/errors.ts";
import { callback, checkOptions, count, truth } from "../../../lib/shape.ts";
import { BASELINE } from "../case/arch.ts";
import { type Case, expectCase } from "../case/case.ts";
import { asPokes } from "./arch.ts";
import { plainer } from "./simpler_ways.ts";
import {
  fewerBits,
  fewerPairs,
  fewerWords,
  lowerWords,
  outsideOfStubCode,
} from "./simpler_words.ts";

/** Each try may cost a stub. */
const MOST_TRIES = 4000;

export interface MinimizeOptions {
  /** How many cases `holds` is called for at most. Default: 4000. */
  readonly tries?: number | undefined;
}

/**
 * The smallest case near `it` for which `holds` returns true: fewer words that differ from the baseline, then fewer
 * bits, then lower values, and the plainest way in and out. The same results of `holds` give the same case.
 *
 * @param holds a synchronous function that is true for `it`
 * @throws InputError; what `holds` throws
 *
 * @example
 * using examiner = new Examiner();
 * const dies = (it) => ((examiner.examine(it).seen.get("status") ?? 0x7fn) & 0x7fn) !== 0x7fn;
 * const smallest = minimize(it, dies);
 */
export function minimize(
  it: Case,
  holds: (it: Case) => boolean,
  options: MinimizeOptions = {},
): Case {
  expectCase(it);
  callback(holds, "holds");
  if (holds === undefined) throw new InputError("holds: expected a function, got nothing");
  checkOptions(options, "options", { tries: count(Number.MAX_SAFE_INTEGER) });
  const { tries = MOST_TRIES } = options;
  let left = tries;
  const asked = (other: Case): boolean => left-- > 0 && truth(holds(other), "what holds returns");
  const whole = reduce(it, asked);
  if (changedWords(whole) <= FEW) return whole;
  const poked = asPokes(whole);
  if (poked === undefined || !asked(poked)) return whole;
  // Going back to SETREGS would start over.
  const few = reduce(poked, (other) => other.way === "POKEUSER" && asked(other));
  return changedWords(few) < changedWords(whole) ? few : whole;
}

/** With more words than these another way is tried, in case it needs fewer. */
const FEW = 3;

/** Repeats the steps in turn: the remaining words decide which way is plain enough, and the way which words remain. */
function reduce(it: Case, holds: (it: Case) => boolean): Case {
  let best = it;
  /** Tries the candidates of a step, and continues from each that holds. */
  const take = (simpler: Step): boolean => {
    let better = false;
    for (let i = 0; ; ) {
      const next = at(simpler(best), i);
      if (next === undefined) return better;
      if (holds(next)) {
        best = next;
        better = true;
      } else i++;
    }
  };
  for (let better = true; better; ) {
    better = false;
    for (const step of STEPS) better = take(step) || better;
  }
  return best;
}

/**
 * Simpler cases than one, the simplest first. No step undoes another, so the search ends: the candidates
 * for a case that held come later, or are fewer.
 */
type Step = (it: Case) => Iterable<Case>;

function at<T>(items: Iterable<T>, index: number): T | undefined {
  let i = 0;
  for (const item of items) if (i++ === index) return item;
  return undefined;
}

const STEPS: readonly Step[] = [
  plainer,
  fewerPairs,
  fewerWords,
  outsideOfStubCode,
  fewerBits,
  lowerWords,
];

/** How many words of a case differ from the baseline. @throws InputError */
export function changedWords(it: Case): number {
  expectCase(it);
  const { block, pairs, words } = it;
  const changed = block.filter((word, i) => word !== BASELINE[i]).length;
  return changed + pairs.length + words.filter((word) => word !== 0n).length;
}
