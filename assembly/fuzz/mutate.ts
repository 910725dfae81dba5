// Mutations of a setup.

import { changeWay } from "./change_way";
import { drawFrom, drawOn, drawSignal } from "./kinds";
import { changeContent, drawWordIndex } from "./other_ways";
import { below } from "./random";
import { drawIndex, drawRegister } from "./registers";
import { REGISTERS, SETUP_SIZE, Setup } from "./setup";
import { hasBlock } from "./ways";

/** Changes a setup in one place or a few. Words may be spliced in from `count` other setups. */
export function mutate(setup: Setup, others: usize, count: u32): void {
  for (let n = 1 + below(3); n > 0; n--) {
    const kind = below(16);
    if (kind < 7) changeWord(setup);
    else if (kind < 9) nudge(setup);
    else if (kind < 11) splice(setup, changetype<Setup>(others + SETUP_SIZE * below(count)));
    else if (kind == 11) setup.signal = drawSignal();
    else if (kind == 12) setup.from = u8(drawFrom());
    else if (kind < 15) setup.on = u8(drawOn());
    else changeWay(setup);
  }
}

/** Changes a setup in one place, which leaves most of it as it is. */
export function step(setup: Setup): void {
  const kind = below(8);
  if (kind < 3) nudge(setup);
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

/** Copies a few words from another block. */
function splice(setup: Setup, other: Setup): void {
  if (!hasBlock(setup.way) || !hasBlock(other.way)) return;
  const to = setup.words;
  const from = other.words;
  for (let k: u32 = 0; k < 8 * REGISTERS; k += 8) {
    if (below(3) == 0) store<u64>(to + k, load<u64>(from + k));
  }
}
