// copy_fpstate_to_sigframe, arch/x86/kernel/fpu/signal.c: the floating point of the next frame, after an image was
// taken or refused.

import { Setup } from "../../fuzz/setup";
import { xfeatures, xstateLength } from "../machine";
import { use } from "../rule";
import { currentMxcsr } from "./comiss";
import { S9_magic, S10_magic } from "./fpu_restore_sig";
import {
  byteOf,
  EXTENDED_SIZE,
  FEATURES,
  halfOf,
  imageLength,
  MAGIC1,
  wordOf,
  XSTATE_SIZE,
} from "./image";
import { isTaken, takenFrom } from "./xrstor";
import {
  componentsAt,
  HEADER,
  HEADER_END,
  MXCSR,
  NOT_KNOWN,
  readBackWord,
  readWord,
  SSE,
  startByte,
  X87,
} from "./xsave";

export let S17: u32 = 0;
export const S17_text =
  "The next frame has in its floating point what was restored; the kernel's own bytes are written anew.";
export const S17_source =
  "copy_fpstate_to_sigframe, save_xstate_epilog, arch/x86/kernel/fpu/signal.c, 6.12";

/** Predicts what the next frame has at the offsets of the pairs. */
export function readNextFrame(setup: Setup): void {
  for (let k: u32 = 0; k < setup.count; k++) {
    const offset = load<u64>(setup.damage + 16 * k);
    if (offset <= imageLength() - 8) readWord(setup, k, offset, nextByte);
    else readBackWord(k, 0);
  }
}

function nextByte(_setup: Setup, offset: u64): i32 {
  if (offset >= HEADER && offset < HEADER_END) return offset < HEADER + 8 ? NOT_KNOWN : 0;
  if (offset >= RESERVED && offset < HEADER)
    return offset < MAGIC1 ? NOT_KNOWN : kernelByte(offset);
  if (offset >= xstateLength) return kernelByte(offset);
  if (offset >= MXCSR && offset < MXCSR + 4)
    return (currentMxcsr() >> (8 * u32(offset - MXCSR))) & 0xff;
  if (offset >= MXCSR + 4 && offset < MXCSR + 8) return startByte(offset);
  const owner = componentsAt(offset);
  if (owner == 0) return NOT_KNOWN;
  if (!isTaken(owner)) return startByte(offset);
  if (owner == X87) return x87Byte(offset);
  return byteOf(owner == SSE ? offset : takenFrom(owner, offset));
}

export let S18: u32 = 0;
export const S18_text =
  "Of fcw the bits {set} are always set, and those outside {mask} never; the bits {flags} of fsw say whether it has an exception that fcw does not mask; the {unused} bytes after each register are 0.";
export const S18_source = "x87 FPU control word, status word, SDM volume 1; XSAVE, SDM volume 2";
export const S18_asked = "amd intel";
export let S18_set: u32 = 0x40;
export let S18_mask: u32 = 0x1f7f;
export let S18_flags: u32 = 0x8080;
export let S18_unused: u64 = 6;

/** The exceptions in fsw, and their masks in fcw. */
const EXCEPTIONS: u32 = 0x3f;

function x87Byte(offset: u64): i32 {
  const byte = byteOf(offset);
  if (offset >= X87_REGISTERS) return offset % 16 >= 16 - S18_unused && use(S18) ? 0 : byte;
  if (offset < 4) return use(S18) ? controlByte(offset) : byte;
  if (offset < 6) return offset == 4 ? byte : 0;
  // Processors differ in whether they keep the last instruction and its operand.
  return wordOf(4) >> 16 == 0 && (wordOf(8) | wordOf(16)) == 0 ? 0 : NOT_KNOWN;
}

/** fsw, whose bit for "busy" is that for an exception. */
function withBusy(fsw: u32): u32 {
  return (fsw & 0x7fff) | ((fsw & 0x80) << 8);
}

/** A byte of fcw and fsw. */
function controlByte(offset: u64): i32 {
  const given = halfOf(0);
  const fcw = (given & S18_mask) | S18_set;
  const status = (given >> 16) & ~S18_flags;
  const pends = (status & ~fcw & EXCEPTIONS) != 0;
  const fsw = withBusy(pends ? status | S18_flags : status);
  return (((fcw & 0xffff) | (fsw << 16)) >> (8 * u32(offset))) & 0xff;
}

const X87_REGISTERS: u64 = 32;
/** The zeros before the bytes that are the kernel's own. */
const RESERVED: u64 = 416;

/** A byte of struct _fpx_sw_bytes and of FP_XSTATE_MAGIC2, as the kernel writes them. */
function kernelByte(offset: u64): i32 {
  if (!use(S17)) return byteOf(offset);
  const at = offset & ~3;
  let half: u32 = 0;
  if (at == MAGIC1) half = S9_magic;
  else if (at == EXTENDED_SIZE) half = imageLength();
  else if (at == FEATURES) half = xfeatures;
  else if (at == XSTATE_SIZE) half = xstateLength;
  else if (at == xstateLength) half = S10_magic;
  return (half >> (8 * u32(offset & 3))) & 0xff;
}
