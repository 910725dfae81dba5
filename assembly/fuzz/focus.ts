// The setups that most cases of a run are near to: those that use one rule of the model, and what is a small step away.

import { step } from "./mutate";
import { below } from "./random";
import { copySetup } from "./records";
import { SETUP_SIZE, Setup } from "./setup";
import { asTraced } from "./ways";

/** One case in this many is generated as without a focus. */
const ELSEWHERE: u32 = 8;

let setups: usize = 0;
let count: u32 = 0;

export function setFocus(at: usize, length: u32): void {
  setups = at;
  count = length;
}

/** Draws a setup near a case of the focus. Returns false without such cases, and for one case in a few. */
export function approach(setup: Setup): bool {
  if (!drawNear(setup)) return false;
  asTraced(setup);
  step(setup);
  return true;
}

/** Draws a case of the focus, under the same conditions. */
export function drawNear(setup: Setup): bool {
  if (count == 0 || below(ELSEWHERE) == 0) return false;
  copySetup(changetype<usize>(setup), setups + SETUP_SIZE * below(count));
  return true;
}
