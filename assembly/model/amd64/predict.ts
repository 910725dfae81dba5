// Predicts the outcome of a setup.

import { ON_NONE, Setup, WAY_SIGRETURN } from "../../fuzz/setup";
import { clearKnown, info, known, resumed } from "../prediction";
import { forgetUses } from "../rule";
import { initSse } from "./comiss";
import { resume } from "./resume";
import { rtSigreturn } from "./rt_sigreturn";
import { startTask } from "./task";
import { write } from "./write";

export function predict(setup: Setup): void {
  forgetUses();
  clearKnown();
  startTask();
  initSse();
  if (setup.way == WAY_SIGRETURN) {
    rtSigreturn(setup);
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
