// Writes what a setup has in another way.

import { drawWay } from "../kinds";
import { clearWords, copyBaseline } from "../records";
import { REGISTERS, Setup } from "../setup";
import { drawContent, drawLength } from "./other_ways";
import { hasBlock } from "./ways";

/** Writes the same registers in another way if the setup has registers; else makes another content. */
export function changeWay(setup: Setup): void {
  const had = hasBlock(setup.way);
  setup.way = u8(drawWay());
  setup.length = drawLength(setup.way);
  setup.count = 0;
  if (hasBlock(setup.way) && had) return;
  if (hasBlock(setup.way)) {
    copyBaseline(setup);
    return;
  }
  clearWords(setup.words, REGISTERS);
  drawContent(setup);
}
