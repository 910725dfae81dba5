// Predicts the outcome of a setup: of a first step, or of one that goes on from the last prediction.

import { FROM_LAST, ON_NONE, Setup } from "../../fuzz/setup";
import { beginStep, known, resumed } from "../prediction";
import { resume } from "./resume";
import { write } from "./write";

export function predict(setup: Setup): void {
  if (!beginStep(setup.from == FROM_LAST)) return;
  const errno = write(setup);
  if (known.reason != 0) return;
  if (errno == 0 && setup.on != ON_NONE) resume(setup);
  else resumed(-1, 0);
}
