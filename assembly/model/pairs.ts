// The pairs of an offset and a word with which a setup writes floating point, and the words that are read back at their
// offsets, on each architecture.

import { Setup } from "../fuzz/setup";
import { known, outcome } from "./prediction";

/** The byte is in no pair, or is not known. */
export const NOT_GIVEN: i32 = -1;
export const NOT_KNOWN: i32 = -1;

/** The byte at an offset that the last pair there writes. */
export function givenByte(setup: Setup, offset: u64): i32 {
  for (let k = i32(setup.count) - 1; k >= 0; k--) {
    const pair = setup.words + 16 * k;
    const begin = load<u64>(pair);
    if (begin <= offset && offset - begin < 8) return load<u8>(pair + usize(offset - begin), 8);
  }
  return NOT_GIVEN;
}

/** Predicts the words that are read back at the offsets of the pairs. */
export function readPairs(setup: Setup, byteAt: (setup: Setup, offset: u64) => i32): void {
  const count = setup.count;
  for (let k: u32 = 0; k < count; k++) {
    // Outside of every area, where adding to it does not wrap around.
    readWord(setup, k, min(load<u64>(setup.words + 16 * k), u64(u32.MAX_VALUE)), byteAt);
  }
}

/** Predicts word `k` that is read back, which is at an offset. */
export function readWord(
  setup: Setup,
  k: u32,
  offset: u64,
  byteAt: (setup: Setup, offset: u64) => i32,
): void {
  let word: u64 = 0;
  for (let n: u64 = 0; n < 8; n++) {
    const byte = byteAt(setup, offset + n);
    if (byte == NOT_KNOWN) return;
    word |= u64(byte) << (8 * n);
  }
  readBackWord(k, word);
}

export function readBackWord(k: u32, word: u64): void {
  store<u64>(outcome.written + 8 * k, word);
  known.written |= 1 << k;
}
