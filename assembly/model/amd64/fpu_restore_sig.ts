// check_xstate_in_sigframe, restore_fpregs_from_user and fpu__restore_sig, arch/x86/kernel/fpu/signal.c: rt_sigreturn
// takes the floating point of a frame, here an image (image.ts). The kernel checks what it has put there for itself, and
// leaves the rest to the processor (xrstor.ts).

import { Setup } from "../../fuzz/setup";
import { frameLength } from "../machine";
import { giveUp } from "../prediction";
import { use } from "../rule";
import { setSse } from "./comiss";
import { PKRU_KEY_0, W71_component } from "./copy_xstate_to_uabi_buf";
import { U21 } from "./get_signal";
import {
  address,
  byteOf,
  EXTENDED_SIZE,
  halfOf,
  imageLength,
  isReadable,
  MAGIC1,
  writeImage,
  XSTATE_SIZE,
} from "./image";
import { pageAt, SCRATCH_PAGE, UNMAPPED } from "./target";
import {
  fxrstor,
  GIVEN_UP,
  isTaken,
  REFUSED,
  RESTORED,
  restoredMxcsr,
  takeNothing,
  takenAt,
  xrstor,
} from "./xrstor";
import { HEADER, SSE, XMM4 } from "./xsave";

/**
 * With a null pointer the floating point is that of a new program. With any other the kernel's own bytes in it, 48
 * bytes, must be readable, otherwise the frame is refused.
 * @source fpu__restore_sig, check_xstate_in_sigframe, arch/x86/kernel/fpu/signal.c, 6.12
 */
export let S8: u32 = 0;

/**
 * Only x87 and SSE are taken if magic1 is not {FP_XSTATE_MAGIC1}, or xstate_size is less than {least}, or more than
 * the area's length or extended_size.
 * @source check_xstate_in_sigframe, arch/x86/kernel/fpu/signal.c, 6.12
 * @needs xstate_size_check
 */
export let S9: u32 = 0;
export let S9_FP_XSTATE_MAGIC1: u32 = 0x4650_5853;
export let S9_least: u32 = 576;

/**
 * The 32 bits at xstate_size must be readable, otherwise the frame is refused; if they are not {FP_XSTATE_MAGIC2},
 * only x87 and SSE are taken.
 * @source check_xstate_in_sigframe, arch/x86/kernel/fpu/signal.c, 6.12
 * @needs xstate_size_check
 */
export let S10: u32 = 0;
export let S10_FP_XSTATE_MAGIC2: u32 = 0x4650_5845;

/**
 * From Linux 6.16 to 7.0 xstate_size is ignored: only x87 and SSE are taken if magic1 is not {FP_XSTATE_MAGIC1}.
 * @source check_xstate_in_sigframe, arch/x86/kernel/fpu/signal.c, 6.16
 * @needs !xstate_size_check
 */
export let S20: u32 = 0;
export let S20_FP_XSTATE_MAGIC1: u32 = 0x4650_5853;

/**
 * From Linux 6.16 to 7.0 the 32 bits after the area must be readable, otherwise the frame is refused; if they are not
 * {FP_XSTATE_MAGIC2}, only x87 and SSE are taken.
 * @source check_xstate_in_sigframe, arch/x86/kernel/fpu/signal.c, 6.16
 * @needs !xstate_size_check
 */
export let S21: u32 = 0;
export let S21_FP_XSTATE_MAGIC2: u32 = 0x4650_5845;

const FORMAT_NONE: u32 = 0;
const FORMAT_FX: u32 = 1;
const FORMAT_XSAVE: u32 = 2;

/** check_xstate_in_sigframe: what the frame is taken for. */
function checkXstateInSigframe(): u32 {
  if (!isReadable(MAGIC1, HEADER - MAGIC1) && use(S8)) return FORMAT_NONE;
  const size = halfOf(XSTATE_SIZE);
  const wrong =
    halfOf(MAGIC1) != S9_FP_XSTATE_MAGIC1 ||
    size < S9_least ||
    size > frameLength ||
    size > halfOf(EXTENDED_SIZE);
  if (wrong && use(S9)) return FORMAT_FX;
  if (size <= frameLength && use(S10)) return formatBy(size, S10_FP_XSTATE_MAGIC2);
  if (halfOf(MAGIC1) != S20_FP_XSTATE_MAGIC1 && use(S20)) return FORMAT_FX;
  return use(S21) ? formatBy(frameLength, S21_FP_XSTATE_MAGIC2) : FORMAT_XSAVE;
}

/** The format, by the word after the registers. */
function formatBy(size: u32, magic: u32): u32 {
  if (!isReadable(size, 4)) return FORMAT_NONE;
  return halfOf(size) == magic ? FORMAT_XSAVE : FORMAT_FX;
}

/** restore_fpregs_from_user */
function restoreFpregsFromUser(format: u32): u32 {
  if (format == FORMAT_NONE) return REFUSED;
  if (format == FORMAT_XSAVE) return xrstor();
  return fxrstor() ? RESTORED : REFUSED;
}

/**
 * Before Linux 5.14 the kernel itself copies a frame that the processor refuses, as far as it can be read.
 * @source __fpu__restore_sig, arch/x86/kernel/fpu/signal.c, 5.10
 * @needs !mxcsr_check
 */
export let U23: u32 = 0;

/**
 * The floating point of a frame lies in other pages than the scratch pages, or the machine has no XSAVE area.
 * @source the memory of targets
 */
export let U13: u32 = 0;

function isNearOtherPages(): bool {
  const last = address + imageLength() - 1;
  for (let at: u64 = 0; at < imageLength(); at += PAGE_SIZE) {
    if (isOther(address + at)) return true;
  }
  return isOther(last);
}

const PAGE_SIZE: u64 = 4096;

function isOther(at: u64): bool {
  const page = pageAt(at);
  return page != UNMAPPED && page != SCRATCH_PAGE;
}

/** Whether the PKRU that was taken forbids accesses to key 0, as all memory of a target has. */
function forbidsAccess(): bool {
  return isTaken(W71_component) && (byteOf(takenAt(W71_component)) & PKRU_KEY_0) != 0;
}

/** __fpu_restore_sig */
function restore(): u32 {
  if (giveUp(U13, frameLength == 0 || isNearOtherPages())) return GIVEN_UP;
  if (address == 0 && use(S8)) return RESTORED;
  const result = restoreFpregsFromUser(checkXstateInSigframe());
  if (giveUp(U23, result == REFUSED)) return GIVEN_UP;
  return giveUp(U21, result == RESTORED && forbidsAccess()) ? GIVEN_UP : result;
}

/** Restores the floating point of a setup. */
export function fpuRestoreSig(setup: Setup): u32 {
  writeImage(setup);
  takeNothing();
  const result = restore();
  if (result == RESTORED) setSse(restoredMxcsr(), isTaken(SSE) ? halfOf(XMM4) : 0);
  else takeNothing();
  return result;
}
