// Which signals end a stub.

import { SIGKILL } from "../../linux/signal";
import { isFatal } from "../kinds";
import { FROM_GROUP, FROM_LAST, FROM_SIGNAL, Setup } from "../setup";

/**
 * Whether the signal of a setup ends the stub. At a stop that is not caused by a signal, the signal first causes its
 * own stop; at a group-stop it is ignored.
 */
export function kills(setup: Setup): bool {
  if (setup.from == FROM_GROUP) return false;
  // At which stop a further step begins is not known: it may be by a signal.
  if (setup.from != FROM_SIGNAL && setup.from != FROM_LAST) return setup.signal == SIGKILL;
  return isFatal(setup.signal);
}
