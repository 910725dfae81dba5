// rt_sigreturn, arch/x86/kernel/signal_64.c: a stub returns from a signal handler with the frame of the setup

import { REG_fs_base, REG_gs_base, REG_orig_rax, REG_rax, REG_rsp } from "../../amd64/registers";
import { FPSTATE_IMAGE, FPSTATE_LAST, Setup } from "../../fuzz/setup";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGSEGV } from "../../linux/signal";
import { frameLength } from "../machine";
import { giveUp, known, wrote } from "../prediction";
import { get, put } from "../registers";
import { use } from "../rule";
import { forgetSse } from "./comiss";
import { readNextFrame } from "./copy_fpstate_to_sigframe";
import { forceSig, hasStopped } from "./force_sig";
import { fpuRestoreSig } from "./fpu_restore_sig";
import { W75 } from "./process_64";
import { restoreSigcontext } from "./restore_sigcontext";
import { resume } from "./resume";
import { pageAt, SCRATCH_PAGE } from "./target";
import { REFUSED, RESTORED } from "./xrstor";

/**
 * A frame is refused, and rsp is not in memory: before Linux 6.12 the alternate stack is not restored then, and SIGSEGV
 * may end the process.
 * @source rt_sigreturn, arch/x86/kernel/signal_64.c, 6.1
 * @needs !altstack_first
 */
export let U24: u32 = 0;

/** More than a signal frame has. */
const FRAME: u64 = 4096;

/** Whether there is room for the frame of a signal below rsp. */
function hasStack(): bool {
  const rsp = get(REG_rsp);
  return pageAt(rsp - FRAME) == SCRATCH_PAGE && pageAt(rsp - 1) == SCRATCH_PAGE;
}

/**
 * A frame that is refused: {signal}, si_code {code} (SI_KERNEL), si_addr 0, before anything is executed. The
 * registers are taken, but rax is {result}; the floating point is that of a new program.
 * @source rt_sigreturn, arch/x86/kernel/signal_64.c; fpu__clear_user_states, arch/x86/kernel/fpu/core.c, 6.12
 */
export let S19: u32 = 0;
export let S19_signal: u32 = SIGSEGV;
export let S19_code: i32 = SI_KERNEL;
export let S19_result: u64 = 0;

/** badframe: the signal is delivered on the way out, before the registers are used. */
function signalFault(): void {
  if (use(S19)) put(REG_rax, S19_result);
  forceSig(S19_signal, S19_code, 0);
}

export function rtSigreturn(setup: Setup): void {
  wrote(0);
  restoreSigcontext(setup);
  if (setup.fpstate == FPSTATE_LAST && frameLength == 0) forgetSse();
  const image = setup.fpstate == FPSTATE_IMAGE;
  const frame = image ? fpuRestoreSig(setup) : RESTORED;
  if (frame == REFUSED) {
    if (giveUp(U24, !hasStack())) return;
    signalFault();
  }
  if (frame == RESTORED) resume(setup);
  if (image && known.reason == 0 && hasStopped()) readNextFrame(setup);
  // The handler, which looks at the stop, does not see it.
  known.stopped &= ~(1 << (REG_orig_rax >> 3));
  // Without FSGSBASE it does not see the bases either.
  if (W75 != 0) known.stopped &= ~((1 << (REG_fs_base >> 3)) | (1 << (REG_gs_base >> 3)));
}
