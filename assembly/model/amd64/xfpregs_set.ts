// xfpregs_set, arch/x86/kernel/fpu/regset.c: PTRACE_SETFPREGS

import { FROM_LAST, Setup } from "../../fuzz/setup";
import { EINVAL } from "../../linux/errno";
import { mxcsrMask, xstateLength } from "../machine";
import { wrote } from "../prediction";
import { applies, use } from "../rule";
import { setSse } from "./comiss";
import {
  givenByte,
  givenHalf,
  givesBits,
  MXCSR,
  NOT_GIVEN,
  NOT_KNOWN,
  readPairs,
  startByte,
  U25,
  XMM4,
} from "./xsave";

/** The length of struct user_fpregs_struct. */
const SIZE: u64 = 512;

/**
 * PTRACE_SETFPREGS refuses bits of mxcsr outside mxcsr_mask: {errno}.
 * @source xfpregs_set, arch/x86/kernel/fpu/regset.c, 6.12
 * @needs mxcsr_check
 * @since 5.14
 */
export let W27: u32 = 0;
export let W27_errno: i32 = EINVAL;

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

/** A byte of x87 and SSE that a pair writes. */
export function takenByte(setup: Setup, offset: u64): i32 {
  const byte = givenByte(setup, offset);
  if (offset < MXCSR || offset >= MXCSR + 4 || byte == NOT_GIVEN || !use(W72)) return byte;
  return byte & (mxcsrMask >> (8 * u32(offset - MXCSR)));
}

/** Whether a byte behind the registers reads as 0. */
export function isReserved(offset: u64): bool {
  if (xstateLength == 0) return false;
  return offset >= W28_begin && !(offset >= W72_begin && use(W72)) && use(W28);
}

/** Whether the write under way was accepted. */
let accepted = false;

/** Returns the errno. */
export function xfpregsSet(setup: Setup): i32 {
  const errno = givesBits(setup, MXCSR, ~mxcsrMask) && use(W27) ? W27_errno : 0;
  accepted = errno == 0;
  if (accepted) {
    const mxcsr = givenHalf(setup, MXCSR);
    setSse(use(W72) ? mxcsr & mxcsrMask : mxcsr, givenHalf(setup, XMM4));
  }
  wrote(errno, -1);
  readPairs(setup, readByte);
  return errno;
}

function readByte(setup: Setup, offset: u64): i32 {
  if (offset >= SIZE || isReserved(offset)) return 0;
  if (applies(U22, false)) return NOT_KNOWN;
  if (applies(U25, !accepted && setup.from == FROM_LAST)) return NOT_KNOWN;
  const byte = accepted ? takenByte(setup, offset) : NOT_GIVEN;
  return byte == NOT_GIVEN ? startByte(offset) : byte;
}
