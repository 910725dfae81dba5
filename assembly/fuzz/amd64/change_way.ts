// Writes what a setup has in another way.

import { baseline } from "../../model/amd64/target";
import { drawWay } from "../kinds";
import { clearWords, copyBaseline } from "../records";
import { MOST_PAIRS, REGISTERS, Setup, WAY_POKEUSER } from "../setup";
import { wordsOf } from "../tables";
import { drawLength, drawPairs, drawWords } from "./other_ways";
import { hasBlock } from "./ways";

/** Writes the same registers in another way if the setup has registers; else makes another change. */
export function changeWay(setup: Setup): void {
  const old: u32 = setup.way;
  const way = drawWay();
  setup.way = u8(way);
  setup.length = drawLength(way);
  if (hasBlock(way)) {
    if (!hasBlock(old)) fromPairs(setup, old == WAY_POKEUSER);
    setup.count = 0;
  } else if (way == WAY_POKEUSER && hasBlock(old)) toPairs(setup);
  else if (way != old) {
    clearWords(setup.words, REGISTERS);
    setup.count = 0;
    if (!drawPairs(way, setup)) drawWords(way, setup.words);
  }
}

const pairs = memory.data(16 * MOST_PAIRS, 8);

/** Converts a block to pairs that poke the registers that it changes. */
function toPairs(setup: Setup): void {
  const words = setup.words;
  let count: u32 = 0;
  for (let k: u32 = 0; k < REGISTERS && count < MOST_PAIRS; k++) {
    const word = load<u64>(words + 8 * k);
    if (word == load<u64>(wordsOf(baseline) + 8 * k)) continue;
    store<u64>(pairs + 16 * count, 8 * k);
    store<u64>(pairs + 16 * count, word, 8);
    count++;
  }
  clearWords(words, REGISTERS);
  memory.copy(words, pairs, 16 * count);
  setup.count = count;
}

/** Converts pairs to a block with the registers that they poke. */
function fromPairs(setup: Setup, poked: bool): void {
  const words = setup.words;
  const count = poked ? setup.count : 0;
  memory.copy(pairs, words, 16 * count);
  copyBaseline(setup);
  for (let k: u32 = 0; k < count; k++) {
    const register = load<u32>(pairs + 16 * k) >> 3;
    if (register < REGISTERS) store<u64>(words + 8 * register, load<u64>(pairs + 16 * k, 8));
  }
}
