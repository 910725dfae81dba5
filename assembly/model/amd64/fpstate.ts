// struct fpstate of the task: what requests have written to it since the task had the floating point of a new program,
// and whether the task has run with it since. The processor then saves it anew, or leaves it, as it likes.

import { copySetup } from "../../fuzz/records";
import { SETUP_SIZE, Setup } from "../../fuzz/setup";
import { givenByte, NOT_GIVEN, NOT_KNOWN } from "../pairs";
import { applies } from "../rule";
import { currentMxcsr, initSse, knowsMxcsr } from "./comiss";
import { x87Byte } from "./x87";
import { componentsAt, HEADER, isMxcsr, MXCSR, RESERVED, SSE, startByte, X87 } from "./xsave";

/** The last write of an XSAVE area, and the last of struct user_i387_struct after it. */
const area = changetype<Setup>(memory.data(SETUP_SIZE, 8));
const legacy = changetype<Setup>(memory.data(SETUP_SIZE, 8));
let hasLegacy = false;
/** The components in use; of a new program, all. */
export let inUse: u32 = u32.MAX_VALUE;
/** The task has run with it. */
let ran = false;

/** The floating point of a new program. */
export function initFpstate(): void {
  area.count = 0;
  hasLegacy = false;
  inUse = u32.MAX_VALUE;
  initSse();
}

/** An XSAVE area that has these components. */
export function writeArea(setup: Setup, components: u32): void {
  copySetup(changetype<usize>(area), changetype<usize>(setup));
  hasLegacy = false;
  inUse = components;
  ran = false;
}

/** The registers of x87 and SSE. */
export function writeLegacy(setup: Setup): void {
  copySetup(changetype<usize>(legacy), changetype<usize>(setup));
  hasLegacy = true;
  inUse |= X87 | SSE;
  ran = false;
}

/** The task is resumed. */
export function runFpstate(): void {
  ran = true;
}

/** The byte at an offset that was written. */
export function writtenByte(offset: u64): i32 {
  return givenByte(hasLegacy && offset < HEADER ? legacy : area, offset);
}

/** The same; that of a new program if it was not written. */
export function heldByte(offset: u64): u32 {
  const byte = writtenByte(offset);
  return byte == NOT_GIVEN ? startByte(offset) : byte;
}

/**
 * After the task has run, x87 and SSE bytes that a request wrote in a form that the processor does not keep: it may or
 * may not have saved its own form.
 * @source XSAVES, modified optimization, SDM volume 1, 13.11
 */
export let U34: u32 = 0;

/** The byte of x87 and SSE at an offset, if `byte` is that before the task ran. */
export function savedByte(offset: u64, byte: i32): i32 {
  if (!ran) return byte;
  if (isMxcsr(offset)) return mxcsrByte(offset);
  return applies(U34, byte != processorByte(offset)) ? NOT_KNOWN : byte;
}

/** A byte of mxcsr as it is now. */
export function mxcsrByte(offset: u64): i32 {
  return knowsMxcsr() ? (currentMxcsr() >> (8 * u32(offset - MXCSR))) & 0xff : NOT_KNOWN;
}

/** The byte that the processor saves. */
function processorByte(offset: u64): i32 {
  const owners = componentsAt(offset);
  if ((inUse & owners) == 0) return startByte(offset);
  if (owners == X87) return x87Byte(offset, heldByte);
  return owners != SSE || offset >= RESERVED ? startByte(offset) : heldByte(offset);
}
