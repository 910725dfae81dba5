// copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c: what requests read of the floating point of the task

import { FROM_LAST, Setup } from "../../fuzz/setup";
import { mxcsrMask, xcr0, xstateLength } from "../machine";
import { NOT_GIVEN, NOT_KNOWN, readPairs } from "../pairs";
import { applies, use } from "../rule";
import { offsetOf } from "./components";
import { heldByte, inUse, savedByte, writtenByte } from "./fpstate";
import {
  AVX,
  componentsAt,
  HEADER,
  HEADER_END,
  isMxcsr,
  MXCSR,
  MXCSR_MASK,
  SSE,
  startByte,
  U31,
} from "./xsave";

/**
 * From {begin} on the floating-point registers read as 0, whatever was written; without XSAVE they read as they were
 * written.
 * @source xfpregs_get, arch/x86/kernel/fpu/regset.c; copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12
 * @needs mxcsr_check
 * @since 5.14
 */
export let W28: u32 = 0;
export let W28_begin: u64 = 416;

/**
 * Bits of mxcsr outside mxcsr_mask are not written, and cause no error; all other bytes of x87 and SSE read as they
 * were written, even those from {begin} on.
 * @source xfpregs_set, xstateregs_set, arch/x86/kernel/fpu/regset.c, 5.10
 * @needs !mxcsr_check
 */
export let W72: u32 = 0;
export let W72_begin: u64 = 416;

/**
 * Before Linux 5.14 an area is kept as it was written, but not with XSAVES: then what is read back is not predicted.
 * @source xstateregs_get, arch/x86/kernel/fpu/regset.c, 5.10
 * @needs xsaves
 */
export let U22: u32 = 0;

/**
 * From {begin} to the header an XSAVE area reports the components in XCR0, even those that a process has to request,
 * whatever was written.
 * @source copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12
 */
export let W34: u32 = 0;
export let W34_begin: u64 = 464;

/**
 * A component that the header does not name reads as in a new program.
 * @source copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12
 */
export let W35: u32 = 0;

/**
 * Without SSE and AVX mxcsr and its mask read as in a new program.
 * @source copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12
 * @needs mxcsr_check
 * @since 5.14
 */
export let W73: u32 = 0;

/**
 * An area that is refused because of its header leaves {mask} as mxcsr_mask.
 * @source xstateregs_set, arch/x86/kernel/fpu/regset.c; fpstate_init, arch/x86/kernel/fpu/core.c, 5.10
 * @needs !mxcsr_check
 */
export let W74: u32 = 0;
export let W74_mask: u32 = 0;

/**
 * Of PKRU (the component {component}) the first {length} bytes read as they were written, and the rest as 0. It is 0
 * if the header does not name it.
 * @source copy_uabi_to_xstate, __copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12; xstateregs_get,
 * arch/x86/kernel/fpu/regset.c, 5.10
 * @needs pku
 */
export let W71: u32 = 0;
export let W71_component: u32 = 0x200;
export let W71_length: u64 = 8;
// Until then the area is kept as it was written, and the component is as long as the processor has it.
export const W71_length_mxcsr_check: u64 = 4;

/** The first byte of PKRU: the rights to pages with keys 0 to 3. */
export const PKRU_KEY_0: u32 = 3;

/** PKRU of a new program, which forbids all keys except 0: init_pkru_value, arch/x86/mm/pkeys.c, 6.12. */
const INIT_PKRU: u64 = 0x5555_5554;

export function newPkruByte(offset: u64): i32 {
  return i32(INIT_PKRU >> (8 * (offset - offsetOf(W71_component, 0)))) & 0xff;
}

export function pkruByte(offset: u64): i32 {
  if ((inUse & W71_component) == 0) return 0;
  if (offset >= offsetOf(W71_component, 0) + W71_length) return 0;
  const byte = writtenByte(offset);
  return byte == NOT_GIVEN ? newPkruByte(offset) : byte;
}

/**
 * A byte of an XSAVE area that belongs to no component reads as 0, whatever was written.
 * @source copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12
 * @needs mxcsr_check
 * @since 5.14
 */
export let W77: u32 = 0;

/**
 * Before Linux 5.14 a further step writes floating point that is refused: what then reads back is that of the steps
 * before it, or some of what was refused.
 * @source xstateregs_set, arch/x86/kernel/fpu/regset.c, 5.10
 * @needs !mxcsr_check
 */
export let U25: u32 = 0;

/** Whether the last write was refused, and whether because of its header. */
let refused = false;
let clears = false;

/** Predicts what reads back after a write of an XSAVE area. */
export function readArea(setup: Setup, isRefused: bool, byHeader: bool): void {
  refused = isRefused;
  clears = byHeader;
  readPairs(setup, areaByte);
}

/** The same of struct user_i387_struct. */
export function readLegacy(setup: Setup, isRefused: bool): void {
  refused = isRefused;
  readPairs(setup, legacyByte);
}

function areaByte(setup: Setup, offset: u64): i32 {
  if (offset >= xstateLength) return 0;
  if (applies(U22, W74 != 0) || isLost(setup)) return NOT_KNOWN;
  if (applies(U31, refused && offset >= HEADER && offset < HEADER + 4)) return NOT_KNOWN;
  if (offset >= HEADER && offset < HEADER_END) {
    return offset < HEADER + 4 && !refused ? (inUse >> (8 * u32(offset - HEADER))) & 0xff : 0;
  }
  if (offset >= W34_begin && offset < HEADER && use(W34)) {
    return offset < W34_begin + 4 ? (xcr0 >> (8 * u32(offset - W34_begin))) & 0xff : 0;
  }
  if (clears && isMxcsr(offset - 4) && use(W74)) {
    return (W74_mask >> (8 * u32(offset - MXCSR_MASK))) & 0xff;
  }
  if (offset < HEADER) return fxByte(offset);
  const owners = componentsAt(offset);
  if (owners == 0 && use(W77)) return 0;
  if (owners == W71_component && use(W71)) return pkruByte(offset);
  return owners != 0 && (inUse & owners) == 0 && use(W35) ? startByte(offset) : heldByte(offset);
}

function legacyByte(setup: Setup, offset: u64): i32 {
  if (offset >= HEADER) return 0;
  return applies(U22, false) || isLost(setup) ? NOT_KNOWN : fxByte(offset);
}

function isLost(setup: Setup): bool {
  return applies(U25, refused && setup.from == FROM_LAST);
}

/** A byte of x87 and SSE. */
function fxByte(offset: u64): i32 {
  if (isReserved(offset)) return 0;
  const taken = takenByte(offset);
  if (offset >= W72_begin && taken != NOT_GIVEN && use(W72)) return taken;
  const owners = componentsAt(offset);
  const unused = (inUse & owners) == 0 && (owners == (SSE | AVX) ? use(W73) : use(W35));
  return savedByte(offset, unused || taken == NOT_GIVEN ? startByte(offset) : taken);
}

/** Whether a byte after the registers reads as 0. */
function isReserved(offset: u64): bool {
  if (xstateLength == 0) return false;
  return offset >= W28_begin && !(offset >= W72_begin && use(W72)) && use(W28);
}

/** A byte of x87 and SSE that was written. */
function takenByte(offset: u64): i32 {
  const byte = writtenByte(offset);
  if (!isMxcsr(offset) || byte == NOT_GIVEN || !use(W72)) return byte;
  return byte & (mxcsrMask >> (8 * u32(offset - MXCSR)));
}
