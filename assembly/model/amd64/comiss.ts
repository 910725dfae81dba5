// COMISS %xmm4, %xmm4: the instruction of a target that uses SSE, and exc_simd_coprocessor_error,
// arch/x86/kernel/traps.c. It raises an exception by the value of xmm4, and only mxcsr says whether that traps.

import { REG_eflags, REG_rip } from "../../amd64/registers";
import { SIGFPE } from "../../linux/signal";
import { get, giveUp, put } from "../prediction";
import { applies, use } from "../rule";
import { forceFault } from "./force_sig";

export const INITIAL_MXCSR: u32 = 0x1f80;

/** mxcsr, the low half of xmm4, and whether they are known. */
let mxcsr: u32 = INITIAL_MXCSR;
let xmm4: u32 = 0;
let isKnown = true;

export function setSse(control: u32, low: u32): void {
  mxcsr = control;
  xmm4 = low;
  isKnown = true;
}

/** mxcsr now. */
export function currentMxcsr(): u32 {
  return mxcsr;
}

/** The task has the floating point of a new program. */
export function initSse(): void {
  setSse(INITIAL_MXCSR, 0);
}

export function forgetSse(): void {
  isKnown = false;
}

/**
 * COMISS, or mxcsr that is read, depends on the floating point of the last stop, which is that of another case if frames
 * have no XSAVE area, or on mxcsr of an XSAVE area that has it, but not SSE.
 * @source the code of targets; XRSTOR, SDM volume 2
 */
export let U16: u32 = 0;

/**
 * COMISS of a register with itself sets of eflags {mask} only {equal}, or {set} if it has a NaN.
 * @source COMISS, SDM volume 2
 * @asked amd intel
 */
export let R100: u32 = 0;
export let R100_mask: u64 = 0x8d5;
export let R100_equal: u64 = 0x40;
export let R100_set: u64 = 0x45;

/**
 * COMISS of a NaN raises exception {invalid}, and of a denormal {denormal}, unless mxcsr has DAZ ({flag}): it sets
 * the bit in mxcsr.
 * @source SDM volume 1, 11.5.2
 * @asked amd intel
 */
export let R101: u32 = 0;
export let R101_invalid: u32 = 1;
export let R101_denormal: u32 = 2;
export let R101_flag: u32 = 0x40;

/**
 * An exception that mxcsr does not mask: {signal}, si_addr = rip. Of all exceptions that mxcsr has and does not mask,
 * si_code is that of the first: invalid {invalid}, division {division}, overflow {overflow}, otherwise {underflow}.
 * @source fpu__exception_code, arch/x86/kernel/fpu/core.c, 6.12
 */
export let R102: u32 = 0;
export let R102_signal: u32 = SIGFPE;
export let R102_invalid: i32 = 7;
export let R102_division: i32 = 3;
export let R102_overflow: i32 = 4;
export let R102_underflow: i32 = 5;

/** The bits of exceptions in mxcsr: of those that it has; its masks are {MASKS} bits higher. */
const INVALID: u32 = 1;
const DIVISION: u32 = 4;
const OVERFLOW: u32 = 8;
const MASKS: u32 = 7;

/** Whether it is known. */
export function knowsMxcsr(): bool {
  return !applies(U16, !isKnown);
}

/** Executes it. Returns whether the task has stopped. */
export function comiss(): bool {
  if (giveUp(U16, !isKnown)) return true;
  const magnitude = xmm4 & 0x7fff_ffff;
  const isNan = magnitude > 0x7f80_0000;
  const raised = raisedBy(magnitude, isNan);
  mxcsr |= raised;
  if ((raised & ~(mxcsr >> MASKS)) != 0 && use(R102)) {
    return forceFault(R102_signal, codeOf(mxcsr & ~(mxcsr >> MASKS)), get(REG_rip));
  }
  if (use(R100)) put(REG_eflags, (get(REG_eflags) & ~R100_mask) | (isNan ? R100_set : R100_equal));
  return false;
}

function raisedBy(magnitude: u32, isNan: bool): u32 {
  const isDenormal = magnitude != 0 && magnitude < 0x80_0000 && (mxcsr & R101_flag) == 0;
  if (!(isNan || isDenormal) || !use(R101)) return 0;
  return isNan ? R101_invalid : R101_denormal;
}

function codeOf(exceptions: u32): i32 {
  if ((exceptions & INVALID) != 0) return R102_invalid;
  if ((exceptions & DIVISION) != 0) return R102_division;
  return (exceptions & OVERFLOW) != 0 ? R102_overflow : R102_underflow;
}
