// Predicts the outcome of a setup.

import { ON_NONE, Setup } from "../../fuzz/setup";
import { clearKnown, info, known, resumed } from "../prediction";
import { beginUses } from "../rule";
import { resume } from "./resume";
import { startTask } from "./task";
import { write } from "./write";

export function predict(setup: Setup): void {
  beginUses(false);
  clearKnown(false);
  startTask();
  const errno = write(setup);
  if (known.reason != 0) return;
  if (errno == 0 && setup.on != ON_NONE) resume(setup);
  else {
    resumed(-1, 0);
    info(0, 0, 0);
  }
}
