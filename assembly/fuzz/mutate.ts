// Mutations of a setup.

import { drawFrom, drawOn, drawSignal } from "./kinds";
import { changeContent, drawWordIndex } from "./other_ways";
import { below } from "./random";
import { drawIndex, drawRegister } from "./registers";
import { Setup } from "./setup";
import { hasBlock } from "./ways";

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
