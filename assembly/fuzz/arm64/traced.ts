// Generates cases: first the seeds; then one half is drawn, the other mutated from a seed or the corpus.

import { REG_pc } from "../../arm64/registers";
import { drawFatal, drawFrom, drawOn, drawSignal, drawWay } from "../kinds";
import { below, start } from "../random";
import { clearHead, clearWords, copyBaseline, copySetup } from "../records";
import { ON_CONT, ON_NONE, REGISTERS, SETUP_SIZE, Setup } from "../setup";
import { seedCount, seedParents, seeds } from "../tables";
import { approach } from "./focus";
import { mutate } from "./mutate";
import { drawContent, drawLength } from "./other_ways";
import { drawIndex, drawPlace, drawRegister } from "./registers";
import { tame } from "./tame";
import { hasBlock } from "./ways";

/** One case in this many may end its stub: a new stub takes as long as twenty cases. */
const KILLING: u32 = 512;
/** The same near a focus, which may be a rule about the end. */
const KILLING_NEAR: u32 = 16;
/** One case in this many changes many registers at once. */
const CROWDED: u32 = 64;

/** How many registers other cases change. */
const FEW = memory.data<u8>([0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5]);
const FEW_LENGTH: u32 = 15;

/** Writes case `index`. The corpus has `count` setups. */
export function trace(setup: Setup, index: u64, corpus: usize, count: u32): void {
  const at = changetype<usize>(setup);
  if (index < seedCount) {
    copySetup(at, seeds + SETUP_SIZE * u32(index));
    tame(setup, true);
    return;
  }
  start(0, index);
  if (approach(setup)) {
    tame(setup, below(KILLING_NEAR) == 0);
    return;
  }
  const mayKill = below(KILLING) == 0;
  const kind = below(8);
  if (kind < 4) draw(setup);
  else {
    if (kind < 6 && count > 0) copySetup(at, corpus + SETUP_SIZE * below(count));
    else copySetup(at, seeds + SETUP_SIZE * below(seedParents));
    if (below(2) == 0 && count > 0) mutate(setup, corpus, count);
    else mutate(setup, seeds, seedParents);
  }
  if (mayKill) {
    if (setup.on == ON_NONE) setup.on = u8(ON_CONT);
    setup.signal = drawFatal();
  }
  tame(setup, mayKill);
}

function draw(setup: Setup): void {
  clearHead(setup);
  setup.from = u8(drawFrom());
  setup.way = u8(drawWay());
  setup.on = u8(drawOn());
  setup.signal = drawSignal();
  setup.length = drawLength(setup.way);
  if (!hasBlock(setup.way)) {
    clearWords(setup.words, REGISTERS);
    drawContent(setup);
    return;
  }
  copyBaseline(setup);
  store<u64>(setup.words, drawPlace(), REG_pc);
  const evenly = below(CROWDED) == 0;
  const changes = evenly ? below(REGISTERS) : u32(load<u8>(FEW + below(FEW_LENGTH)));
  for (let n: u32 = 0; n < changes; n++) {
    const register = evenly ? below(REGISTERS) : drawIndex();
    store<u64>(setup.words + 8 * register, drawRegister(register));
  }
}
