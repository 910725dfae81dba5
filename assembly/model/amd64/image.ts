// The image of floating point that a signal frame points to: that of a new program, with the pairs of the setup in it.
// Only what lies in the scratch pages is there; that no other page is near it, U13 makes sure.

import { MOST_XSTATE, Setup } from "../../fuzz/setup";
import { frameLength, mxcsrMask, xfeatures } from "../machine";
import { INITIAL_MXCSR } from "./comiss";
import { endOfScratch, pageScratch } from "./target";

/** struct _fpx_sw_bytes, asm/sigcontext.h: magic1, extended_size, xfeatures, xstate_size. */
export const MAGIC1: u64 = 464;
export const EXTENDED_SIZE: u64 = 468;
export const FEATURES: u64 = 472;
export const XSTATE_SIZE: u64 = 480;
const FP_XSTATE_MAGIC1: u32 = 0x4650_5853;
const FP_XSTATE_MAGIC2: u32 = 0x4650_5845;
const MAGIC2_SIZE: u32 = 4;

/** struct fxregs_state, and struct xstate_header */
const MXCSR: u64 = 24;
const MXCSR_MASK: u64 = 28;
const HEADER: u64 = 512;
const INITIAL_FCW: u16 = 0x37f;

/** A pair may begin before the image, and end after it. */
const MARGIN: i32 = 8;
const bytes: usize = memory.data(3 * MARGIN + MOST_XSTATE, 8) + MARGIN;

/** Its address in the memory of the task. */
export let address: u64 = 0;

/** Its length in a signal frame. */
export function imageLength(): u32 {
  return frameLength + MAGIC2_SIZE;
}

/** Puts down the image of a setup. */
export function writeImage(setup: Setup): void {
  address = setup.image;
  const length = imageLength();
  newImage(length);
  const end = setup.damage + 16 * setup.count;
  for (let pair = setup.damage; pair < end; pair += 16) {
    const offset = load<i64>(pair);
    if (offset < -7 || offset > i64(length) || !isReadable(offset, 8)) continue;
    store<u64>(bytes + usize(offset), load<u64>(pair, 8));
  }
}

function newImage(length: u32): void {
  memory.fill(bytes, 0, length);
  store<u16>(bytes, INITIAL_FCW);
  store<u32>(bytes + usize(MXCSR), INITIAL_MXCSR);
  store<u32>(bytes + usize(MXCSR_MASK), mxcsrMask);
  store<u32>(bytes + usize(MAGIC1), FP_XSTATE_MAGIC1);
  store<u32>(bytes + usize(EXTENDED_SIZE), length);
  store<u64>(bytes + usize(FEATURES), xfeatures);
  store<u32>(bytes + usize(XSTATE_SIZE), frameLength);
  store<u64>(bytes + usize(HEADER), xfeatures);
  store<u32>(bytes + frameLength, FP_XSTATE_MAGIC2);
}

/** Whether the task can read `length` bytes at an offset. */
export function isReadable(offset: u64, length: u64): bool {
  return address + offset - pageScratch <= endOfScratch - pageScratch - length;
}

export function byteOf(offset: u64): u32 {
  return load<u8>(bytes + usize(offset));
}

export function halfOf(offset: u64): u32 {
  return load<u32>(bytes + usize(offset));
}

export function wordOf(offset: u64): u64 {
  return load<u64>(bytes + usize(offset));
}
