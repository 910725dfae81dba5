// Predicts the outcome of a setup.

import { REG_orig_rax } from "../amd64/registers";
import { ON_NONE, Setup, WAY_SIGRETURN } from "../fuzz/setup";
import { clearKnown, info, known, resumed, wrote } from "./prediction";
import { restoreSigcontext } from "./restore_sigcontext";
import { resume } from "./resume";
import { forgetUses } from "./rule";
import { startTask } from "./task";
import { write } from "./write";

export function predict(setup: Setup): void {
  forgetUses();
  clearKnown();
  startTask();
  if (setup.way == WAY_SIGRETURN) {
    wrote(0, -1);
    restoreSigcontext(setup);
    resume(setup);
    // The handler, which looks at the stop, does not see it.
    known.stopped &= ~(1 << (REG_orig_rax >> 3));
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
