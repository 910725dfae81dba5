// The area of floating-point state that a setup writes, as pairs of an offset and a word over an area that is as in a
// new program (struct user_i387_struct, and after it an XSAVE area in the standard format):
//
//   0     x87    24  mxcsr    28  mxcsr_mask    32  x87 registers    160  SSE
//   416   zeros  464 what the kernel reports    512 header
//   576   the other components, each where the processor has it (components.ts), perhaps with gaps between them

import { Setup } from "../../fuzz/setup";
import { mxcsrMask } from "../machine";
import { known, outcome } from "../prediction";
import { extendedAt } from "./components";

export const MXCSR: u64 = 24;
export const XMM4: u64 = 224;
export const MXCSR_MASK: u64 = 28;
/** The zeros. */
export const RESERVED: u64 = 416;
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

/** Four bytes of the area that a setup writes. */
export function givenHalf(setup: Setup, offset: u64): u32 {
  let half: u32 = 0;
  for (let k: u32 = 0; k < 4; k++) {
    const byte = givenByte(setup, offset + k);
    half |= u32(byte == NOT_GIVEN ? startByte(offset + k) : byte) << (8 * k);
  }
  return half;
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

/** Components: bits of XCR0. */
export const X87: u32 = 1;
export const SSE: u32 = 2;
export const AVX: u32 = 4;

export function isMxcsr(offset: u64): bool {
  return offset - MXCSR < 4;
}

/** The components of which one must be in use for a byte to read as it was written; 0 in a gap. */
export function componentsAt(offset: u64): u32 {
  if (offset >= MXCSR && offset < MXCSR + 8) return SSE | AVX;
  if (offset < 160) return X87;
  return offset < HEADER ? SSE : extendedAt(offset);
}

/**
 * Which components are in use changes as programs run: not predicted is what the header of an area that was not
 * written has, or that of the next frame.
 * @source XINUSE, SDM volume 1, 13.6
 */
export let U31: u32 = 0;
