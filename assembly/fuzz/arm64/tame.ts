// Changes setups that would end their stub, or read what another setup left in memory.

import { REG_pc, REG_sp, REG_x1 } from "../../arm64/registers";
import {
  endOfScratch,
  pageConstants,
  pageScratch,
  placeHandler,
  placeSpin,
  placeStack,
  placeStore,
} from "../../model/arm64/target";
import { stepOnce, wantsOf } from "../kinds";
import { Setup } from "../setup";
import { kills } from "./kills";
import { hasBlock } from "./ways";

/** Makes a setup harmless. `mayKill`: whether it may end its stub. */
export function tame(setup: Setup, mayKill: bool): void {
  if (setup.signal != 0 && !mayKill && kills(setup)) setup.signal = 0;
  if (hasBlock(setup.way)) {
    if (load<u64>(setup.words, REG_pc) != placeStore) toConstants(setup.words + REG_x1);
    // Only a single-step ends it.
    if (load<u64>(setup.words, REG_pc) == placeSpin) stepOnce(setup);
    // The second instruction of that code reads what the first has not written.
    if (load<u64>(setup.words, REG_pc) == placeStack + 4) toConstants(setup.words + REG_sp);
  }
  setup.wants = wantsOf(setup.signal);
}

/** Moves pc away from the jump to itself: a further step could go on there without a single-step. */
export function keepGoing(setup: Setup): void {
  const at = setup.words + REG_pc;
  if (hasBlock(setup.way) && load<u64>(at) == placeSpin) store<u64>(at, placeHandler);
}

/** Only stores may access the scratch pages, whatever the tag of the address. */
function toConstants(at: usize): void {
  const address = load<u64>(at) & ((1 << 56) - 1);
  if (address - pageScratch + 8 < endOfScratch - pageScratch + 8)
    store<u64>(at, pageConstants + (load<u64>(at) & 0xff8));
}
