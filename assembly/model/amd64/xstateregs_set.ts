// xstateregs_set, arch/x86/kernel/fpu/regset.c: PTRACE_SETREGSET with NT_X86_XSTATE, and PTRACE_GETREGSET after it

import { FROM_LAST, Setup } from "../../fuzz/setup";
import { EFAULT, EINVAL } from "../../linux/errno";
import { mxcsrMask, xcr0, xfeatures, xstateLength } from "../machine";
import { wrote } from "../prediction";
import { applies, use } from "../rule";
import { forgetSse, INITIAL_MXCSR, setSse } from "./comiss";
import { offsetOf } from "./components";
import { task } from "./task";
import { isReserved, takenByte, U22, W72, W72_begin } from "./xfpregs_set";
import {
  componentsAt,
  givenByte,
  givenHalf,
  givesBits,
  HEADER,
  HEADER_END,
  MXCSR,
  NOT_GIVEN,
  NOT_KNOWN,
  readPairs,
  SSE,
  startByte,
  U25,
  U31,
  XMM4,
} from "./xsave";

/**
 * The length for NT_X86_XSTATE must be a multiple of {size}, otherwise {errno}.
 * @source ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W29: u32 = 0;
export let W29_size: u32 = 8;
export let W29_errno: i32 = EINVAL;

/**
 * NT_X86_XSTATE is written as a whole or not at all: a length that is too short is refused with {errno}, one that is
 * too long is cut.
 * @source xstateregs_set, arch/x86/kernel/fpu/regset.c, 6.12
 */
export let W30: u32 = 0;
export let W30_errno: i32 = EFAULT;

/**
 * The header must not name a component that the machine does not have (xfeatures, at {at}), otherwise {errno}.
 * @source validate_user_xstate_header, arch/x86/kernel/fpu/xstate.c, 6.12
 */
export let W31: u32 = 0;
export let W31_at: u64 = 512;
export let W31_errno: i32 = EINVAL;

/**
 * The rest of the header, from {begin} to before {end}, must be 0, otherwise {errno}.
 * @source validate_user_xstate_header, arch/x86/kernel/fpu/xstate.c, 6.12
 */
export let W32: u32 = 0;
export let W32_begin: u64 = 520;
export let W32_end: u64 = 576;
export let W32_errno: i32 = EINVAL;

/**
 * With the x87, SSE or AVX component ({components}) mxcsr must have no bit outside mxcsr_mask, otherwise {errno}.
 * @source copy_uabi_to_xstate, arch/x86/kernel/fpu/xstate.c, 6.12
 * @needs mxcsr_check
 * @since 5.14
 */
export let W33: u32 = 0;
export let W33_components: u32 = 7;
export let W33_errno: i32 = EINVAL;

/** Returns the errno. */
export function xstateregsSet(setup: Setup): i32 {
  const errno = refusal(setup);
  accepted = errno == 0;
  clears = !accepted && setup.length >= xstateLength && setup.length % W29_size == 0;
  components = accepted ? givenComponents(setup) : 0;
  wrote(errno, -1);
  if (accepted) {
    task.locked = forbidsAccess(setup);
    takeSse(setup);
  }
  readPairs(setup, readByte);
  return errno;
}

function takeSse(setup: Setup): void {
  const mxcsr = givenHalf(setup, MXCSR);
  const hasSse = (components & SSE) != 0;
  if (hasSse || mxcsr == INITIAL_MXCSR) setSse(mxcsr, hasSse ? givenHalf(setup, XMM4) : 0);
  else forgetSse();
}

function refusal(setup: Setup): i32 {
  const length = setup.length;
  if (length % W29_size != 0 && use(W29)) return W29_errno;
  if (length < xstateLength && use(W30)) return W30_errno;
  const unknown = givesBits(setup, W31_at, ~xfeatures) || givesBits(setup, W31_at + 4, -1);
  if (unknown && use(W31)) return W31_errno;
  for (let at = W32_begin; at < W32_end; at += 4) {
    if (givesBits(setup, at, -1) && use(W32)) return W32_errno;
  }
  const named = givenByte(setup, W31_at);
  const checked = named == NOT_GIVEN || (u32(named) & W33_components) != 0;
  if (checked && givesBits(setup, MXCSR, ~mxcsrMask) && use(W33)) return W33_errno;
  return 0;
}

/** The write under way: whether it was accepted, and the components that the area then has in use. */
let accepted = false;
let components: u32 = 0;
/** Whether it was refused because of its header. */
let clears = false;

function givenComponents(setup: Setup): u32 {
  let named: u32 = 0;
  for (let k: u32 = 0; k < 4; k++) {
    const byte = givenByte(setup, HEADER + k);
    named |= (byte == NOT_GIVEN ? (xfeatures >> (8 * k)) & 0xff : u32(byte)) << (8 * k);
  }
  return named;
}

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

function pkruByte(setup: Setup, offset: u64): i32 {
  if (accepted && (components & W71_component) == 0) return 0;
  if (offset >= offsetOf(W71_component, 0) + W71_length) return 0;
  const byte = accepted ? givenByte(setup, offset) : NOT_GIVEN;
  return byte == NOT_GIVEN ? newPkruByte(offset) : byte;
}

/** Whether the write under way forbids accesses to memory with key 0, as all memory of a target has. */
function forbidsAccess(setup: Setup): bool {
  if ((xcr0 & W71_component) == 0 || !use(W71)) return false;
  return (u32(pkruByte(setup, offsetOf(W71_component, 0))) & PKRU_KEY_0) != 0;
}

/**
 * A byte of an XSAVE area that belongs to no component reads as 0, whatever was written.
 * @source copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12
 * @needs mxcsr_check
 * @since 5.14
 */
export let W77: u32 = 0;

function readByte(setup: Setup, offset: u64): i32 {
  if (offset >= xstateLength) return 0;
  if (applies(U22, W74 != 0)) return NOT_KNOWN;
  if (applies(U25, !accepted && setup.from == FROM_LAST)) return NOT_KNOWN;
  if (applies(U31, !accepted && offset >= HEADER && offset < HEADER + 4)) return NOT_KNOWN;
  if (offset >= HEADER && offset < HEADER_END) {
    if (offset >= HEADER + 4) return 0;
    return accepted ? (components >> (8 * u32(offset - HEADER))) & 0xff : 0;
  }
  if (offset >= W34_begin && offset < HEADER && use(W34)) {
    return offset < W34_begin + 4 ? (xcr0 >> (8 * u32(offset - W34_begin))) & 0xff : 0;
  }
  if (offset < HEADER && isReserved(offset)) return 0;
  const given = accepted ? takenByte(setup, offset) : NOT_GIVEN;
  const isBehind = offset >= W72_begin && offset < HEADER;
  if (isBehind && given != NOT_GIVEN && use(W72)) return given;
  const owners = componentsAt(offset);
  if (owners == 0 && use(W77)) return 0;
  if (owners == W71_component && use(W71)) return pkruByte(setup, offset);
  const inUse = accepted ? components : u32(-1);
  const isMxcsr = offset >= MXCSR && offset < MXCSR + 8;
  const isMask = offset >= MXCSR + 4 && isMxcsr;
  if (isMask && clears && use(W74)) return (W74_mask >> (8 * u32(offset - MXCSR - 4))) & 0xff;
  if (owners != 0 && (inUse & owners) == 0 && (isMxcsr ? use(W73) : use(W35)))
    return startByte(offset);
  return given == NOT_GIVEN ? startByte(offset) : given;
}
