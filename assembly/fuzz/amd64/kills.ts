// Which signals end a stub.

import { SIGKILL } from "../../linux/signal";
import { isIn } from "../../model/actions";
import { isFatal } from "../kinds";
import {
  FROM_GROUP,
  FROM_LAST,
  FROM_SIGNAL,
  FROM_STEP32,
  SETUP_SIZE,
  Setup,
  WAY_SIGMASK,
} from "../setup";

/**
 * Whether the signal of a setup ends the stub. At a stop that is not caused by a signal, the signal first causes its
 * own stop; at a group-stop it is ignored. At which stop a further step begins is not known: it may be by a signal.
 */
export function kills(setup: Setup): bool {
  if (setup.from != FROM_SIGNAL && setup.from != FROM_STEP32 && setup.from != FROM_LAST)
    return setup.from != FROM_GROUP && setup.signal == SIGKILL;
  return isFatal(setup.signal) && !isBlocked(setup);
}

/** SIGKILL and SIGSTOP, as bits of a signal set. */
const UNBLOCKABLE: u64 = 0x40100;

/** Whether a setup, or a step before it, blocks its signal, which then stays pending. */
function isBlocked(setup: Setup): bool {
  let it = setup;
  while (it.way != WAY_SIGMASK || it.length != 8) {
    if (it.from != FROM_LAST) return false;
    it = changetype<Setup>(changetype<usize>(it) - SETUP_SIZE);
  }
  return isIn(setup.signal, load<u64>(it.words) & ~UNBLOCKABLE);
}
