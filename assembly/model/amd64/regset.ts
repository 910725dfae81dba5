// xfpregs_set and xstateregs_set, arch/x86/kernel/fpu/regset.c: PTRACE_SETFPREGS, and PTRACE_SETREGSET with
// NT_X86_XSTATE

import { Setup } from "../../fuzz/setup";
import { EFAULT, EINVAL } from "../../linux/errno";
import { mxcsrMask, xcr0, xfeatures, xstateLength } from "../machine";
import { givenByte, NOT_GIVEN } from "../pairs";
import { use } from "../rule";
import { forgetSse, INITIAL_MXCSR, setSse } from "./comiss";
import { offsetOf } from "./components";
import {
  PKRU_KEY_0,
  pkruByte,
  readArea,
  readLegacy,
  W71,
  W71_component,
  W72,
} from "./copy_xstate_to_uabi_buf";
import { writeArea, writeLegacy } from "./fpstate";
import { task } from "./task";
import { givenHalf, givesBits, HEADER, MXCSR, SSE, XMM4 } from "./xsave";

/**
 * PTRACE_SETFPREGS refuses bits of mxcsr outside mxcsr_mask: {errno}.
 * @source xfpregs_set, arch/x86/kernel/fpu/regset.c, 6.12
 * @needs mxcsr_check
 * @since 5.14
 */
export let W27: u32 = 0;
export let W27_errno: i32 = EINVAL;

/** Returns the errno. */
export function xfpregsSet(setup: Setup): i32 {
  const errno = givesBits(setup, MXCSR, ~mxcsrMask) && use(W27) ? W27_errno : 0;
  if (errno == 0) {
    const mxcsr = givenHalf(setup, MXCSR);
    setSse(use(W72) ? mxcsr & mxcsrMask : mxcsr, givenHalf(setup, XMM4));
    writeLegacy(setup);
  }
  readLegacy(setup, errno != 0);
  return errno;
}

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
  if (errno == 0) {
    const components = givenComponents(setup);
    writeArea(setup, components);
    task.locked = forbidsAccess();
    takeSse(setup, (components & SSE) != 0);
  }
  const isWhole = setup.length >= xstateLength && setup.length % W29_size == 0;
  readArea(setup, errno != 0, errno != 0 && isWhole);
  return errno;
}

function takeSse(setup: Setup, hasSse: bool): void {
  const mxcsr = givenHalf(setup, MXCSR);
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

function givenComponents(setup: Setup): u32 {
  let named: u32 = 0;
  for (let k: u32 = 0; k < 4; k++) {
    const byte = givenByte(setup, HEADER + k);
    named |= (byte == NOT_GIVEN ? (xfeatures >> (8 * k)) & 0xff : u32(byte)) << (8 * k);
  }
  return named;
}

/** Whether the area forbids accesses to memory with key 0, as all memory of a target has. */
function forbidsAccess(): bool {
  if ((xcr0 & W71_component) == 0 || !use(W71)) return false;
  return (u32(pkruByte(offsetOf(W71_component, 0))) & PKRU_KEY_0) != 0;
}
