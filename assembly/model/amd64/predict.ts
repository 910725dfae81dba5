// Predicts the outcome of a setup: of a first step, or of one that goes on from the last prediction.

import { FROM_LAST, ON_NONE, Setup, WAY_SIGRETURN } from "../../fuzz/setup";
import { clearKnown, info, known, resumed } from "../prediction";
import { beginUses } from "../rule";
import { startSignals } from "../send_signal";
import { AT_END } from "../stops";
import { initFpstate } from "./fpstate";
import { resume } from "./resume";
import { rtSigreturn } from "./rt_sigreturn";
import { startTask, task } from "./task";
import { write } from "./write";

export function predict(setup: Setup): void {
  const goesOn = setup.from == FROM_LAST;
  beginUses(goesOn);
  clearKnown(goesOn);
  if (!goesOn) {
    startTask();
    startSignals();
    initFpstate();
  } else if (known.reason != 0 || task.stop == AT_END) return;
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
