// Mutations of a setup.

import { baseline } from "../../model/amd64/target";
import { drawFrom, drawOn, drawSignal, drawWay } from "../kinds";
import { below } from "../random";
import { clearWords, copyBaseline } from "../records";
import {
  DISPATCH_WORDS,
  MOST_PAIRS,
  REGISTERS,
  SETUP_SIZE,
  Setup,
  SYSCALL_INFO_WORDS,
  WAY_DISPATCH,
  WAY_POKEUSER,
  WAY_SETREGSET,
  WAY_SYSCALL_INFO,
  WAY_XSTATE,
} from "../setup";
import { wordsOf } from "../tables";
import { drawLength, drawPair, drawPairs, drawWords } from "./other_ways";
import { drawIndex, drawRegister } from "./registers";

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

/** Redraws a word, or adds a pair. */
function changeWord(setup: Setup): void {
  const way: u32 = setup.way;
  if (way <= WAY_SETREGSET) {
    const register = drawIndex();
    store<u64>(setup.words + 8 * register, drawRegister(register));
  } else if (way <= WAY_XSTATE) {
    const count = setup.count;
    const pair = below(min(count + 1, MOST_PAIRS));
    if (pair == count) setup.count = count + 1;
    drawPair(way, setup.words + 16 * pair);
  } else drawWords(way, setup.words);
}

/** Flips a bit of a word, or adds or subtracts a small number. */
function nudge(setup: Setup): void {
  const at = setup.words + 8 * drawWordIndex(setup);
  const word = load<u64>(at);
  if (below(2) == 0) {
    const step = u64(1 + below(8));
    store<u64>(at, below(2) == 0 ? word + step : word - step);
  } else store<u64>(at, word ^ (u64(1) << below(64)));
}

/** Selects a word of a setup: of a block, of a pair, or of a structure. */
function drawWordIndex(setup: Setup): u32 {
  const way: u32 = setup.way;
  if (way <= WAY_SETREGSET) return drawIndex();
  if (way <= WAY_XSTATE) return 1 + 2 * below(max<u32>(setup.count, 1));
  if (way == WAY_DISPATCH) return below(DISPATCH_WORDS);
  return way == WAY_SYSCALL_INFO ? below(SYSCALL_INFO_WORDS) : 0;
}

/** Copies a few words from another block. */
function splice(setup: Setup, other: Setup): void {
  if (setup.way > WAY_SETREGSET || other.way > WAY_SETREGSET) return;
  const to = setup.words;
  const from = other.words;
  for (let k: u32 = 0; k < 8 * REGISTERS; k += 8) {
    if (below(3) == 0) store<u64>(to + k, load<u64>(from + k));
  }
}

/** Writes the same registers in another way if the setup has registers; else makes another change. */
function changeWay(setup: Setup): void {
  const old: u32 = setup.way;
  const way = drawWay();
  setup.way = u8(way);
  setup.length = drawLength(way);
  if (way <= WAY_SETREGSET) {
    if (old > WAY_SETREGSET) fromPairs(setup, old == WAY_POKEUSER);
    setup.count = 0;
  } else if (way == WAY_POKEUSER && old <= WAY_SETREGSET) toPairs(setup);
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
