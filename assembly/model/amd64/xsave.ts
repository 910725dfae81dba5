// The area of floating-point state that a setup writes, as pairs of an offset and a word over an area that is as in a
// new program (struct user_i387_struct, and after it an XSAVE area in the standard format):
//
//   0     x87    24  mxcsr    28  mxcsr_mask    32  x87 registers    160  SSE
//   416   zeros  464 what the kernel reports    512 header
//   576   the other components, each where the processor has it (components.ts), perhaps with gaps between them

import { Setup } from "../../fuzz/setup";
import { mxcsrMask } from "../machine";
import { givenByte, NOT_GIVEN } from "../pairs";
import { extendedAt } from "./components";

export const MXCSR: u64 = 24;
export const XMM4: u64 = 224;
export const MXCSR_MASK: u64 = 28;
/** The zeros. */
export const RESERVED: u64 = 416;
export const HEADER: u64 = 512;
export const HEADER_END: u64 = 576;

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
