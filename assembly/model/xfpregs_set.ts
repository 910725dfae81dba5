// xfpregs_set, arch/x86/kernel/fpu/regset.c: PTRACE_SETFPREGS

import { Setup } from "../fuzz/setup";
import { EINVAL } from "../linux/errno";
import { wrote } from "./prediction";
import { use } from "./rule";
import { givenByte, givesBits, MXCSR, NOT_GIVEN, readPairs, startByte } from "./xsave";

/** The length of struct user_fpregs_struct. */
const SIZE: u64 = 512;

export let W27: u32 = 0;
export const W27_text =
  "PTRACE_SETFPREGS refuses bits of mxcsr outside mxcsr_feature_mask, {mask}: {errno}.";
export const W27_source = "xfpregs_set, arch/x86/kernel/fpu/regset.c, 6.12";
export let W27_mask: u32 = 0xffff;
export const W27_mask_misalignsse: u32 = 0x2_ffff;
export let W27_errno: i32 = EINVAL;

export let W28: u32 = 0;
export const W28_text =
  "From {begin} on the floating-point registers read as 0, whatever was written.";
export const W28_source = "copy_xstate_to_uabi_buf, arch/x86/kernel/fpu/xstate.c, 6.12";
export let W28_begin: u64 = 416;

/** Whether the write under way was accepted. */
let accepted = false;

/** Returns the errno. */
export function xfpregsSet(setup: Setup): i32 {
  const errno = givesBits(setup, MXCSR, ~W27_mask) && use(W27) ? W27_errno : 0;
  accepted = errno == 0;
  wrote(errno, -1);
  readPairs(setup, readByte);
  return errno;
}

function readByte(setup: Setup, offset: u64): i32 {
  if (offset >= SIZE || (offset >= W28_begin && use(W28))) return 0;
  const byte = accepted ? givenByte(setup, offset) : NOT_GIVEN;
  return byte == NOT_GIVEN ? startByte(offset) : byte;
}
