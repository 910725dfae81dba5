// The area of floating-point state that a setup writes, as pairs of an offset and a word over an area that is as in a new
// program (struct user_i387_struct, and behind it an XSAVE area in the standard format):
//
//   0     x87    24  mxcsr    28  mxcsr_mask    32  x87 registers    160  SSE
//   416   zeros  464 what the kernel reports    512 header           576  AVX
//   832   AVX-512, if the area has no gap: masks, 896 the upper halves, 1408 sixteen registers, to 2432

import { Setup } from "../fuzz/setup";
import { mxcsrMask } from "./machine";
import { known, outcome } from "./prediction";

export const MXCSR: u64 = 24;
const MXCSR_MASK: u64 = 28;
export const HEADER: u64 = 512;
export const HEADER_END: u64 = 576;

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

/** Whether pairs set any of these bits of the four bytes at an offset. */
export function givesBits(setup: Setup, offset: u64, bits: u32): bool {
  for (let k: u32 = 0; k < 4; k++) {
    const byte = givenByte(setup, offset + k);
    if (byte != NOT_GIVEN && (u32(byte) & (bits >> (8 * k)) & 0xff) != 0) return true;
  }
  return false;
}

/** A byte of the state of a new program: the x87 control word 0x37f, mxcsr 0x1f80, mxcsr_mask, and zeros. */
export function startByte(offset: u64): i32 {
  if (offset >= MXCSR_MASK && offset < MXCSR_MASK + 4) {
    return (mxcsrMask >> (8 * u32(offset - MXCSR_MASK))) & 0xff;
  }
  if (offset == 0) return 0x7f;
  if (offset == 1) return 3;
  if (offset == MXCSR) return 0x80;
  return offset == MXCSR + 1 ? 0x1f : 0;
}

/** Predicts the words that are read back at the offsets of the pairs. */
export function readPairs(setup: Setup, byteAt: (setup: Setup, offset: u64) => i32): void {
  const count = setup.count;
  for (let k: u32 = 0; k < count; k++) {
    // Outside of every area, where adding to it does not wrap around.
    const offset = min(load<u64>(setup.words + 16 * k), u64(u32.MAX_VALUE));
    let word: u64 = 0;
    let all = true;
    for (let n: u64 = 0; n < 8 && all; n++) {
      const byte = byteAt(setup, offset + n);
      all = byte != NOT_KNOWN;
      word |= u64(byte) << (8 * n);
    }
    if (!all) continue;
    store<u64>(outcome.written + 8 * k, word);
    known.written |= 1 << k;
  }
}
