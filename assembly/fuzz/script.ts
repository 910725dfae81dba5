// Draws cases of several steps. They are in groups of numbers: a group has as many as fill it, side by side.

import { armsBreakpoint, meetBreakpoint } from "./breakpoints";
import { kills } from "./kills";
import { drawOn, drawSignal } from "./kinds";
import { drawPokes } from "./other_ways";
import { below, STEPS, start, TRACED } from "./random";
import { clearHead, clearWords, copySetup } from "./records";
import { FROM_LAST, MOST_STEPS, REGISTERS, SETUP_SIZE, Setup } from "./setup";
import { keepGoing, tame } from "./tame";
import { draw, kill, step } from "./traced";

/** One script in this many may end or spoil its stub. */
const KILLING: u32 = 8;

/**
 * Makes a case that was drawn the first step of a script, and draws the steps after it: as many as there are numbers
 * left in the group, at most. Returns how many steps there are.
 */
export function drawScript(first: usize, index: u64, left: u32): u32 {
  start(TRACED, index, STEPS);
  const mayKill = below(KILLING) == 0;
  let count = min<u32>(2 + below(MOST_STEPS - 1), left);
  // One number alone is no script.
  if (count + 1 == left) count = left <= u32(MOST_STEPS) ? left : count - 1;
  const begin = changetype<Setup>(first);
  if (mayKill) armsBreakpoint(begin);
  if (kills(begin)) begin.signal = 0;
  finish(begin, mayKill);
  for (let k: u32 = 1; k < count; k++) {
    const at = first + SETUP_SIZE * k;
    const setup = changetype<Setup>(at);
    goOn(setup, changetype<Setup>(at - SETUP_SIZE));
    if (mayKill) spoil(setup);
    finish(setup, mayKill);
  }
  return count;
}

/** Has a further step meet a breakpoint of an earlier one, or set one, or end its stub. */
function spoil(setup: Setup): void {
  const kind = below(8);
  if (kind < 5) meetBreakpoint(setup);
  else if (kind < 7) armsBreakpoint(setup);
  else kill(setup);
}

function finish(setup: Setup, mayKill: bool): void {
  keepGoing(setup);
  tame(setup, mayKill);
}

/** Draws a further step: the one before with a change, a small change of the registers, or any. */
function goOn(setup: Setup, before: Setup): void {
  const kind = below(8);
  if (kind < 2) {
    copySetup(changetype<usize>(setup), changetype<usize>(before));
    step(setup);
  } else if (kind < 4) draw(setup);
  else {
    clearHead(setup);
    clearWords(setup.words, REGISTERS);
    setup.on = u8(below(4) == 0 ? before.on : drawOn());
    setup.signal = drawSignal();
    drawPokes(setup, before);
  }
  setup.from = u8(FROM_LAST);
}
