// XRSTOR and FXRSTOR, with which the kernel takes the floating point of a frame (restore_fpregs_from_user in
// arch/x86/kernel/fpu/signal.c): what the processor refuses, and what it takes.

import { mxcsrMask, xcr0, xfeatures } from "../machine";
import { use } from "../rule";
import { INITIAL_MXCSR } from "./comiss";
import { areReadable, offsetOf } from "./components";
import { newPkruByte, W71_component } from "./copy_xstate_to_uabi_buf";
import { address, FEATURES, halfOf, imageLength, isReadable, MAGIC1, wordOf } from "./image";
import { AVX, HEADER, HEADER_END, MXCSR, SSE, startByte, X87 } from "./xsave";

/** What a frame is: refused, restored, or not predicted. */
export const REFUSED: u32 = 0;
export const RESTORED: u32 = 1;
export const GIVEN_UP: u32 = 2;

/**
 * What was restored: components from the image, their layout in it (the set in XCOMP_BV and bit 31, or 0), whether
 * mxcsr is the image's, and whether it was the state of a new program.
 */
let loaded: u32 = 0;
let compacted: u32 = 0;
let mxcsrGiven = false;
let isNew = true;

/** The task has the floating point of a new program. */
export function takeNothing(): void {
  loaded = 0;
  compacted = 0;
  mxcsrGiven = false;
  isNew = true;
}

export function restoredMxcsr(): u32 {
  return mxcsrGiven ? halfOf(MXCSR) : INITIAL_MXCSR;
}

/** A byte of a component that was not taken: as in a new program, except PKRU, which XRSTOR sets to 0. */
export function untakenByte(component: u32, offset: u64): i32 {
  return component != W71_component ? startByte(offset) : isNew ? newPkruByte(offset) : 0;
}

export function isTaken(component: u32): bool {
  return (loaded & component) != 0;
}

/** Where in the area a component from AVX on is. */
export function takenAt(component: u32): u64 {
  return offsetOf(component, compacted);
}

/**
 * A frame must be aligned to {alignment}, its header be readable, and so must all that is taken, otherwise it is
 * refused. One of which only x87 and SSE are taken ({components}) has no header, and must be aligned to {less}.
 * @source xrstor_from_user_sigframe, fxrstor_from_user_sigframe, arch/x86/kernel/fpu, 6.12; XRSTOR, FXRSTOR, SDM
 * volume 2
 * @asked amd intel
 */
export let S11: u32 = 0;
export let S11_alignment: u64 = 64;
export let S11_less: u64 = 16;
export let S11_components: u32 = 3;

/** Takes x87 and SSE. */
export function fxrstor(): bool {
  if ((address % S11_less != 0 || !isReadable(0, FX_SIZE)) && use(S11)) return false;
  loaded = S11_components;
  isNew = false;
  return takeMxcsr();
}

const FX_SIZE: u64 = 512;

/**
 * mxcsr must have no bit outside mxcsr_mask if SSE is taken, or AVX from a frame in the standard format, otherwise
 * the frame is refused.
 * @source XRSTOR, FXRSTOR, SDM volume 2; APM volume 4
 * @asked amd intel
 */
export let S12: u32 = 0;

function takeMxcsr(): bool {
  mxcsrGiven = true;
  return (halfOf(MXCSR) & ~mxcsrMask) == 0 || !use(S12);
}

/**
 * The header must name no component in xfeatures, at {at}, that is not in XCR0, and be 0 from {begin} to before
 * {end}, otherwise the frame is refused.
 * @source XRSTOR, SDM volume 1, 13.8.1; APM volume 4
 * @asked amd intel
 */
export let S14: u32 = 0;
export let S14_at: u64 = 512;
export let S14_begin: u64 = 520;
export let S14_end: u64 = 536;

/**
 * With bit {bit} of xcomp_bv the area is compacted, unlike that of ptrace: xcomp_bv must have all components of
 * xfeatures and none that is not in XCR0, and the header be 0 after it, otherwise the frame is refused.
 * @source XRSTOR, SDM volume 1, 13.8.2: compacted form
 * @asked amd intel
 * @needs xsavec
 */
export let S15: u32 = 0;
export let S15_bit: u32 = 63;

/** Whether the header is one that XRSTOR takes. */
function checkHeader(): bool {
  const features = wordOf(S14_at);
  const layout = wordOf(XCOMP_BV);
  if (((layout >> S15_bit) & 1) == 0 || !use(S15)) {
    return (isSubset(features, xcr0) && isZero(S14_begin, S14_end)) || !use(S14);
  }
  const components = layout & ~(u64(1) << S15_bit);
  compacted = u32(components) | (1 << 31);
  return (
    isSubset(components, xcr0) && isSubset(features, components) && isZero(XCOMP_BV + 8, HEADER_END)
  );
}

const XCOMP_BV: u64 = 520;

function isSubset(set: u64, whole: u64): bool {
  return (set & ~whole) == 0;
}

function isZero(begin: u64, end: u64): bool {
  let bits: u64 = 0;
  for (let at = begin; at < end; at += 8) bits |= wordOf(at);
  return bits == 0;
}

/**
 * A component is taken from the area if both xfeatures of the kernel's own bytes and that of the header have it; any
 * other is as in a new program, and so is mxcsr if the former lacks SSE.
 * @source __restore_fpregs_from_user, arch/x86/kernel/fpu/signal.c, 6.12; XRSTOR, SDM volume 2
 * @asked amd intel
 */
export let S16: u32 = 0;

/**
 * Unless it is compacted, a frame must be readable to the end of the last component that xfeatures of the kernel's
 * own bytes has, even if that of the header does not, otherwise it is refused.
 * @source XRSTOR, SDM volume 2: may access what it does not load
 * @asked amd-26 intel
 * @needs xrstor_reads_all
 */
export let S13: u32 = 0;

/**
 * The registers of x87 and SSE in a frame must be readable if xfeatures of the kernel's own bytes and, if it is
 * compacted, xcomp_bv have either ({components}), even if that of the header does not, otherwise it is refused.
 * @source XRSTOR, SDM volume 2: may access what it does not load
 * @asked amd-26 intel
 * @needs xrstor_reads_legacy
 */
export let S22: u32 = 0;
export let S22_components: u32 = 3;

/**
 * The registers of x87 and SSE in a frame must be readable even if xfeatures of the kernel's own bytes has neither,
 * otherwise it is refused.
 * @source XRSTOR, SDM volume 2: may access what it does not load
 * @asked amd-26 intel
 * @needs xrstor_reads_unasked
 */
export let S24: u32 = 0;

/**
 * A compacted frame must be readable, too, to the end of the last component that both xcomp_bv and xfeatures of the
 * kernel's own bytes have, otherwise it is refused.
 * @source XRSTOR, SDM volume 2: may access what it does not load
 * @asked amd-26 intel
 * @needs xrstor_reads_compacted
 */
export let S25: u32 = 0;

/** Takes an XSAVE area. */
export function xrstor(): u32 {
  const there = address % S11_alignment == 0 && isReadable(HEADER, HEADER_END - HEADER);
  if (!there && use(S11)) return REFUSED;
  const wanted = use(S16) ? u32(wordOf(FEATURES)) & xfeatures : xfeatures;
  if (!checkHeader()) return REFUSED;
  isNew = false;
  loaded = use(S16) ? wanted & u32(wordOf(HEADER)) : wanted;
  const takesMxcsr = compacted != 0 ? (loaded & SSE) != 0 : (wanted & (SSE | AVX)) != 0;
  if (takesMxcsr && !takeMxcsr()) return REFUSED;
  // Of a new program if SSE is not asked for: XRSTOR of the initial state comes after.
  if ((wanted & SSE) == 0) mxcsrGiven = false;
  return isReadable(0, imageLength()) ? RESTORED : restorePartly(wanted, takesMxcsr);
}

/** Restores an area some of which cannot be read. */
function restorePartly(wanted: u32, takesMxcsr: bool): u32 {
  const legacy = isReadable(0, MAGIC1);
  if (!legacy && (takesMxcsr || (loaded & (X87 | SSE)) != 0) && use(S11)) return REFUSED;
  if (!areReadable(loaded, compacted) && use(S11)) return REFUSED;
  const asked = compacted != 0 ? wanted & compacted : wanted;
  if (!legacy && (((asked & S22_components) != 0 && use(S22)) || use(S24))) return REFUSED;
  if (areReadable(asked, compacted)) return RESTORED;
  return use(compacted == 0 ? S13 : S25) ? REFUSED : RESTORED;
}
