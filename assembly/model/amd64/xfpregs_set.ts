// xfpregs_set, arch/x86/kernel/fpu/regset.c: PTRACE_SETFPREGS

import { Setup } from "../../fuzz/setup";
import { EINVAL } from "../../linux/errno";
import { mxcsrMask } from "../machine";
import { use } from "../rule";
import { setSse } from "./comiss";
import { readLegacy, W72 } from "./copy_xstate_to_uabi_buf";
import { writeLegacy } from "./fpstate";
import { givenHalf, givesBits, MXCSR, XMM4 } from "./xsave";

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
