// Predicts the outcome of a setup.

import { REG_orig_rax } from "../amd64/registers";
import { FPSTATE_IMAGE, FPSTATE_LAST, ON_NONE, Setup, WAY_SIGRETURN } from "../fuzz/setup";
import { forgetSse, initSse } from "./comiss";
import { readNextFrame } from "./copy_fpstate_to_sigframe";
import { hasStopped } from "./force_sig";
import { fpuRestoreSig } from "./fpu_restore_sig";
import { clearKnown, info, known, resumed, wrote } from "./prediction";
import { badFrame, restoreSigcontext } from "./restore_sigcontext";
import { resume } from "./resume";
import { forgetUses } from "./rule";
import { startTask } from "./task";
import { write } from "./write";
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

function sigreturn(setup: Setup): void {
  wrote(0, -1);
  restoreSigcontext(setup);
  if (setup.fpstate == FPSTATE_LAST) forgetSse();
  const image = setup.fpstate == FPSTATE_IMAGE;
  const frame = image ? fpuRestoreSig(setup) : RESTORED;
  if (frame == REFUSED) badFrame();
  else if (frame == RESTORED) resume(setup);
  if (image && known.reason == 0 && hasStopped()) readNextFrame(setup);
  // The handler, which looks at the stop, does not see it.
  known.stopped &= ~(1 << (REG_orig_rax >> 3));
}
