// The setups that most cases of a run are near to: those that use one rule of the model, and what is a small step away.

import { below } from "../random";
import { copySetup } from "../records";
import {
  FPSTATE_NONE,
  SETUP_SIZE,
  Setup,
  WAY_SETREGS,
  WAY_SETREGSET,
  WAY_SIGRETURN,
} from "../setup";
import { dropImage } from "./image";
import { step } from "./mutate";

/** One case in this many is generated as without a focus. */
const ELSEWHERE: u32 = 8;

let setups: usize = 0;
let count: u32 = 0;

export function setFocus(at: usize, length: u32): void {
  setups = at;
  count = length;
}

/** Draws a setup near a case of the focus. Returns false without such cases, and for one case in a few. */
export function approach(setup: Setup, needsBlock: bool): bool {
  if (count == 0 || below(ELSEWHERE) == 0) return false;
  copySetup(changetype<usize>(setup), setups + SETUP_SIZE * below(count));
  const way: u32 = setup.way;
  if (needsBlock && way > WAY_SETREGSET && way != WAY_SIGRETURN) return false;
  if (way == WAY_SIGRETURN) {
    setup.way = u8(WAY_SETREGS);
    if (!needsBlock) clearFrame(setup);
  }
  step(setup);
  return true;
}

/** What only setups for rt_sigreturn have. */
export function clearFrame(setup: Setup): void {
  setup.ucFlags = 0;
  dropImage(setup, FPSTATE_NONE);
}
