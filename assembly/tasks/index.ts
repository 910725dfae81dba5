// The module of tasks: an executable specification of what becomes of tasks, for a host that walks with real processes.

import { bearFirst } from "./fork";
import { clearState } from "./state";
import { believe } from "./step";

export { action } from "./actions";
export { plan } from "./birth";
export { explore, lengthOf, replay } from "./check";
export { allowExec, draw, isPossible, startWalk } from "./draw";
export { beginPlay, decides, findBroken, play, possibleMove } from "./play";
export { leaveOut, restoreRules } from "./rule";
export { STATE_SIZE, state } from "./state";
export { choose, keepOutcomes, step } from "./step";
export { look, views } from "./view";

/** One task lives, which leads a session. */
export function begin(): void {
  clearState();
  bearFirst();
  believe();
}
