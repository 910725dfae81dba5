// copy_fpstate_to_sigframe, arch/x86/kernel/fpu/signal.c: the floating point of the next frame, after an image was
// taken or refused

import { Setup } from "../../fuzz/setup";
import { frameLength, xfeatures } from "../machine";
import { NOT_KNOWN, readBackWord, readWord } from "../pairs";
import { applies, use } from "../rule";
import { offsetOf } from "./components";
import { W71_component } from "./copy_xstate_to_uabi_buf";
import { mxcsrByte } from "./fpstate";
import { S9_FP_XSTATE_MAGIC1, S10_FP_XSTATE_MAGIC2 } from "./fpu_restore_sig";
import { byteOf, EXTENDED_SIZE, FEATURES, imageLength, MAGIC1, XSTATE_SIZE } from "./image";
import { isTileConfig, TILECFG } from "./tile_config";
import { x87Byte } from "./x87";
import { isTaken, takenAt, untakenByte } from "./xrstor";
import {
  componentsAt,
  HEADER,
  HEADER_END,
  isMxcsr,
  RESERVED,
  SSE,
  startByte,
  U31,
  X87,
} from "./xsave";

/**
 * The next frame has in its floating point what was restored; the kernel's own bytes are written anew.
 * @source copy_fpstate_to_sigframe, save_xstate_epilog, arch/x86/kernel/fpu/signal.c, 6.12
 */
export let S17: u32 = 0;

/** Predicts what the next frame has at the offsets of the pairs. */
export function readNextFrame(setup: Setup): void {
  for (let k: u32 = 0; k < setup.count; k++) {
    const offset = load<u64>(setup.damage + 16 * k);
    if (offset <= imageLength() - 8) readWord(setup, k, offset, nextByte);
    else readBackWord(k, 0);
  }
}

function nextByte(_setup: Setup, offset: u64): i32 {
  if (applies(U31, offset >= HEADER && offset < HEADER + 8)) return NOT_KNOWN;
  if (applies(U32, isLeft(offset))) return NOT_KNOWN;
  if (offset >= HEADER && offset < HEADER_END) return 0;
  if ((offset >= MAGIC1 && offset < HEADER) || offset >= frameLength) return kernelByte(offset);
  if (isMxcsr(offset)) return mxcsrByte(offset);
  if (isMxcsr(offset - 4)) return startByte(offset);
  const owner = componentsAt(offset);
  if (owner == W71_component && offset - offsetOf(owner, 0) >= PKRU_SIZE && use(S27)) return 0;
  if (!isTaken(owner)) return untakenByte(owner, offset);
  if (owner == X87) return x87Byte(offset, byteOf);
  return byteOf(owner == SSE ? offset : takenAt(owner) + offset - offsetOf(owner, 0));
}

/**
 * Of PKRU a frame has 32 bits. Nothing writes the bytes after them, which are 0 on the stack of a target.
 * @source update_pkru_in_sigframe, arch/x86/kernel/fpu/xstate.h, 6.12; PKRU state, SDM volume 1, 13.5.7
 * @asked intel
 * @needs pku
 */
export let S27: u32 = 0;

const PKRU_SIZE: u64 = 4;

/**
 * Nothing writes the bytes of a frame that belong to no component, from 416 to before 464 and in gaps, those of BNDCSR
 * after its 16, and the configuration of AMX tiles in their initial state: they are what the stack had.
 * @source XSAVE, SDM volume 2; xfeatures_need_sigframe_write, arch/x86/kernel/fpu/xstate.h, 6.12
 */
export let U32: u32 = 0;

/** Whether a byte is what the stack had. */
function isLeft(offset: u64): bool {
  if (offset < HEADER) return offset >= RESERVED && offset < MAGIC1;
  if (offset < HEADER_END || offset >= frameLength) return false;
  const owner = componentsAt(offset);
  if (owner == TILECFG) return !isTaken(owner) || !isTileConfig(takenAt(owner));
  return owner == 0 || (owner == BNDCSR && offset - offsetOf(owner, 0) >= BNDCSR_SIZE);
}

/** Bounds and their status, of MPX. The rest of the component is reserved: SDM volume 1, 13.5.5. */
const BNDCSR: u32 = 0x10;
const BNDCSR_SIZE: u64 = 16;

/** A byte of struct _fpx_sw_bytes and of FP_XSTATE_MAGIC2, as the kernel writes them. */
function kernelByte(offset: u64): i32 {
  if (!use(S17)) return byteOf(offset);
  const at = offset & ~3;
  let half: u32 = 0;
  if (at == MAGIC1) half = S9_FP_XSTATE_MAGIC1;
  else if (at == EXTENDED_SIZE) half = imageLength();
  else if (at == FEATURES) half = xfeatures;
  else if (at == XSTATE_SIZE) half = frameLength;
  else if (at == frameLength) half = S10_FP_XSTATE_MAGIC2;
  return (half >> (8 * u32(offset & 3))) & 0xff;
}
