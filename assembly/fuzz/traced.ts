// Generates cases for ptrace: first the seeds; then one half is drawn, the other changed from a seed in a few places.

import { PC } from "../model/task";
import { armsBreakpoint } from "./breakpoints";
import { drawFatal, drawFrom, drawOn, drawSignal, drawWay } from "./kinds";
import { changeContent, drawContent, drawLength, drawWordIndex } from "./other_ways";
import { below, ITSELF, start, TRACED } from "./random";
import { clearHead, clearWords, copyBaseline, copySetup } from "./records";
import { drawIndex, drawPlace, drawRegister } from "./registers";
import { ON_CONT, ON_NONE, REGISTERS, SETUP_SIZE, Setup } from "./setup";
import { few, pick, seedCount, seedParents, seeds } from "./tables";
import { tame } from "./tame";
import { hasBlock } from "./ways";

/** One case in this many may end or spoil its stub: a new stub takes as long as twenty cases. */
const KILLING: u32 = 512;
/** One case in this many changes many registers at once. */
const CROWDED: u32 = 64;

/** Writes case `index`. */
export function trace(setup: Setup, index: u64): void {
  const at = changetype<usize>(setup);
  if (index < seedCount) {
    copySetup(at, seeds + SETUP_SIZE * u32(index));
    tame(setup, true);
    return;
  }
  start(TRACED, index, ITSELF);
  const mayKill = below(KILLING) == 0;
  if (below(8) < 5) draw(setup);
  else {
    copySetup(at, seeds + SETUP_SIZE * below(seedParents));
    for (let n = 1 + below(3); n > 0; n--) step(setup);
  }
  if (mayKill && !armsBreakpoint(setup)) kill(setup);
  tame(setup, mayKill);
}

/** Changes a case a little. */
export function changeTraced(setup: Setup, mayKill: bool): void {
  step(setup);
  tame(setup, mayKill);
}

export function draw(setup: Setup): void {
  const way = drawWay();
  clearHead(setup);
  setup.from = u8(drawFrom());
  setup.way = u8(way);
  setup.on = u8(drawOn());
  setup.signal = drawSignal();
  setup.length = drawLength(way);
  if (hasBlock(way)) {
    copyBaseline(setup);
    store<u64>(setup.words + PC, drawPlace());
    drawRegisters(setup, CROWDED);
  } else {
    clearWords(setup.words, REGISTERS);
    drawContent(setup);
  }
}

/** Changes a few registers of a block, or many in one case of `crowded`. */
export function drawRegisters(setup: Setup, crowded: u32): void {
  const evenly = below(crowded) == 0;
  const count = evenly ? below(REGISTERS) : u32(pick(few));
  for (let n: u32 = 0; n < count; n++) {
    const register = evenly ? below(REGISTERS) : drawIndex();
    store<u64>(setup.words + 8 * register, drawRegister(register));
  }
}

/** Resumes the case with a signal, most of which end a stub. */
export function kill(setup: Setup): void {
  if (setup.on == ON_NONE) setup.on = u8(ON_CONT);
  setup.signal = drawFatal();
}

/** Changes a setup in one place. */
export function step(setup: Setup): void {
  const kind = below(8);
  if (kind < 2) nudge(setup);
  else if (kind < 6) changeWord(setup);
  else if (kind == 6) setup.on = u8(drawOn());
  else if (below(2) == 0) setup.signal = drawSignal();
  else setup.from = u8(drawFrom());
}

function changeWord(setup: Setup): void {
  if (!hasBlock(setup.way)) {
    changeContent(setup);
    return;
  }
  const register = drawIndex();
  store<u64>(setup.words + 8 * register, drawRegister(register));
}

/** Flips a bit of a word, or adds or subtracts a small number. */
function nudge(setup: Setup): void {
  const at = setup.words + 8 * (hasBlock(setup.way) ? drawIndex() : drawWordIndex(setup));
  const word = load<u64>(at);
  if (below(2) == 0) {
    const step = u64(1 + below(8));
    store<u64>(at, below(2) == 0 ? word + step : word - step);
  } else store<u64>(at, word ^ (u64(1) << below(64)));
}
