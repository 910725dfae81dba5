// Copies and clears setups. For so few bytes, loads and stores are faster than memory.copy.

import { baseline } from "../model/target";
import { REGISTERS, SETUP_SIZE, SETUP_words, Setup } from "./setup";
import { wordsOf } from "./tables";

/** Copies a setup. */
export function copySetup(to: usize, from: usize): void {
  for (let end = from + SETUP_SIZE; from < end; from += 64, to += 64) {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u64>(to, load<u64>(from, 16), 16);
    store<u64>(to, load<u64>(from, 24), 24);
    store<u64>(to, load<u64>(from, 32), 32);
    store<u64>(to, load<u64>(from, 40), 40);
    store<u64>(to, load<u64>(from, 48), 48);
    store<u64>(to, load<u64>(from, 56), 56);
  }
}

/** Sets words to 0. */
export function clearWords(to: usize, count: u32): void {
  for (let end = to + 8 * count; to < end; to += 8) store<u64>(to, 0);
}

/** Sets the members before the words to 0. */
export function clearHead(setup: Setup): void {
  clearWords(changetype<usize>(setup), SETUP_words / 8);
}

export function copyBaseline(setup: Setup): void {
  const to = setup.words;
  const from = wordsOf(baseline);
  for (let k: usize = 0; k < 8 * REGISTERS; k += 8) store<u64>(to + k, load<u64>(from + k));
}
