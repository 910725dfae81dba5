// Predicts the outcome of a setup: of a first step, or of one that goes on from the last prediction.

import { FROM_LAST, ON_NONE, Setup, WAY_SIGRETURN } from "../../fuzz/setup";
import { beginStep, known, resumed } from "../prediction";
import { initFpstate } from "./fpstate";
import { resume } from "./resume";
import { rtSigreturn } from "./signal_64";
import { write } from "./write";

export function predict(setup: Setup): void {
  const goesOn = setup.from == FROM_LAST;
  if (!beginStep(goesOn)) return;
  if (!goesOn) initFpstate();
  if (setup.way == WAY_SIGRETURN) {
    rtSigreturn(setup);
    return;
  }
  const errno = write(setup);
  if (known.reason != 0) return;
  if (errno == 0 && setup.on != ON_NONE) resume(setup);
  else resumed(-1, 0);
}
