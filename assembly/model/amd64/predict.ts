// Predicts the outcome of a setup.

import { REG_fs_base, REG_gs_base, REG_orig_rax, REG_rsp } from "../../amd64/registers";
import { FPSTATE_IMAGE, FPSTATE_LAST, ON_NONE, Setup, WAY_SIGRETURN } from "../../fuzz/setup";
import { clearKnown, giveUp, info, known, resumed, wrote } from "../prediction";
import { get } from "../registers";
import { forgetUses } from "../rule";
import { forgetSse, initSse } from "./comiss";
import { readNextFrame } from "./copy_fpstate_to_sigframe";
import { hasStopped } from "./force_sig";
import { fpuRestoreSig } from "./fpu_restore_sig";
import { badFrame, restoreSigcontext } from "./restore_sigcontext";
import { resume } from "./resume";
import { pageAt, SCRATCH_PAGE } from "./target";
import { startTask } from "./task";
import { write } from "./write";
import { W75 } from "./x86_fsbase_read_task";
import { REFUSED, RESTORED } from "./xrstor";

export function predict(setup: Setup): void {
  forgetUses();
  clearKnown();
  startTask();
  initSse();
  if (setup.way == WAY_SIGRETURN) {
    sigreturn(setup);
    return;
  }
  const errno = write(setup);
  if (known.reason != 0) return;
  if (errno == 0 && setup.on != ON_NONE) resume(setup);
  else {
    resumed(-1, 0);
    info(0, 0, 0);
  }
}

/**
 * A frame is refused, and rsp is no stack: before Linux 6.12 the alternate stack is not restored then, and SIGSEGV
 * may end the process.
 * @source rt_sigreturn, arch/x86/kernel/signal_64.c, 6.1
 * @needs !altstack_first
 */
export let U24: u32 = 0;

/** More than a signal frame has. */
const FRAME: u64 = 4096;

function isStack(rsp: u64): bool {
  return pageAt(rsp - FRAME) == SCRATCH_PAGE && pageAt(rsp - 1) == SCRATCH_PAGE;
}

function sigreturn(setup: Setup): void {
  wrote(0, -1);
  restoreSigcontext(setup);
  if (setup.fpstate == FPSTATE_LAST) forgetSse();
  const image = setup.fpstate == FPSTATE_IMAGE;
  const frame = image ? fpuRestoreSig(setup) : RESTORED;
  if (frame == REFUSED) {
    if (giveUp(U24, !isStack(get(REG_rsp)))) return;
    badFrame();
  }
  if (frame == RESTORED) resume(setup);
  if (image && known.reason == 0 && hasStopped()) readNextFrame(setup);
  // The handler, which looks at the stop, does not see it.
  known.stopped &= ~(1 << (REG_orig_rax >> 3));
  // Without FSGSBASE it does not see the bases either.
  if (W75 != 0) known.stopped &= ~((1 << (REG_fs_base >> 3)) | (1 << (REG_gs_base >> 3)));
}
