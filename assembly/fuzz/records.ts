// Copies and clears words. For so few, loads and stores are faster than memory.copy, and so are four of them in a
// turn of a loop, at which an engine looks whether it is to stop.

import { baseline } from "../model/target";
import { FROM_LAST, REGISTERS, SETUP_SIZE, SETUP_words, Setup } from "./setup";
import { wordsOf } from "./tables";

const TURN: usize = 32;

/** Copies `size` bytes, which are whole words. */
export function copyWords(to: usize, from: usize, size: usize): void {
  const end = from + size;
  for (; from + TURN <= end; from += TURN, to += TURN) {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u64>(to, load<u64>(from, 16), 16);
    store<u64>(to, load<u64>(from, 24), 24);
  }
  for (; from < end; from += 8, to += 8) store<u64>(to, load<u64>(from));
}

/** The first step of the case of a step, which are side by side. */
export function firstStep(step: usize): usize {
  while (changetype<Setup>(step).from == FROM_LAST) step -= SETUP_SIZE;
  return step;
}

export function copySetup(to: usize, from: usize): void {
  copyWords(to, from, SETUP_SIZE);
}

/** Where the pairs of a setup end, an offset and a word each, which begin at its words. */
export function pairsEnd(setup: Setup): usize {
  return setup.words + 16 * setup.count;
}

/** Sets words to 0. */
export function clearWords(to: usize, count: u32): void {
  const end = to + 8 * count;
  for (; to + TURN <= end; to += TURN) {
    store<u64>(to, 0);
    store<u64>(to, 0, 8);
    store<u64>(to, 0, 16);
    store<u64>(to, 0, 24);
  }
  for (; to < end; to += 8) store<u64>(to, 0);
}

/** Sets the members before the words to 0. */
export function clearHead(setup: Setup): void {
  clearWords(changetype<usize>(setup), SETUP_words / 8);
}

export function copyBaseline(setup: Setup): void {
  copyWords(setup.words, wordsOf(baseline), 8 * REGISTERS);
}
