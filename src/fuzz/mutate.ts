import type { Random } from "../cases/random.ts";
import { WordTable } from "../cases/words.ts";
import { BASELINE } from "./baseline.ts";
import { MOST_PAIRS } from "./case.ts";
import { drawIndex, drawRegister } from "./interest.ts";
import { drawFrom, drawOn, drawSignal, drawWay } from "./kinds.ts";
import { drawLength, drawPair, drawPairs, drawWords } from "./other_ways.ts";
import type { SetupList } from "./setup_list.ts";
import { REGISTERS, SETUP, setupAt, WAYS, wordAt } from "./setups.ts";

const [SETREGSET, POKEUSER, XSTATE, SYSCALL_INFO] = [
  WAYS.indexOf("SETREGSET"),
  WAYS.indexOf("POKEUSER"),
  WAYS.indexOf("XSTATE"),
  WAYS.indexOf("SYSCALL_INFO"),
];
const SYSCALL_INFO_WORDS = 11;
const baseline = new WordTable(BASELINE);

/** Changes setup `i` of a batch in one place or a few. `others` gives words to splice in. */
export function mutate(
  random: Random,
  setups: Uint32Array,
  i: number,
  others: SetupList,
  xstateLength: number,
): void {
  const at = setupAt(i);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const kind = random.below(16);
    if (kind < 7) changeWord(random, setups, i, xstateLength);
    else if (kind < 9) nudge(random, setups, i);
    else if (kind < 11) splice(random, setups, i, others);
    else if (kind === 11) setups[at + SETUP.signal] = drawSignal(random);
    else if (kind === 12) setByte(setups, at, 0, drawFrom(random));
    else if (kind < 15) setByte(setups, at, 2, drawOn(random));
    else changeWay(random, setups, i, xstateLength);
  }
}

const wayOf = (setups: Uint32Array, at: number): number =>
  ((setups[at + SETUP.kinds] ?? 0) >>> 8) & 0xff;

function setByte(setups: Uint32Array, at: number, byte: number, value: number): void {
  const kinds = setups[at + SETUP.kinds] ?? 0;
  setups[at + SETUP.kinds] = (kinds & ~(0xff << (8 * byte))) | (value << (8 * byte));
}

/** Draws a word anew, or adds a pair. */
function changeWord(random: Random, setups: Uint32Array, i: number, xstateLength: number): void {
  const at = setupAt(i);
  const way = wayOf(setups, at);
  if (way <= SETREGSET) {
    const register = drawIndex(random);
    drawRegister(random, register, setups, wordAt(i) + register);
  } else if (way <= XSTATE) {
    const count = setups[at + SETUP.count] ?? 0;
    const pair = random.below(Math.min(count + 1, MOST_PAIRS));
    if (pair === count) setups[at + SETUP.count] = count + 1;
    drawPair(random, way, setups, wordAt(i) + 2 * pair, xstateLength);
  } else drawWords(random, way, setups, wordAt(i));
}

/** Flips a bit of a word, or makes it a little larger or smaller. */
function nudge(random: Random, setups: Uint32Array, i: number): void {
  const word = 2 * (wordAt(i) + drawWordIndex(random, setups, i));
  const low = setups[word] ?? 0;
  if (random.below(2) === 0) {
    const step = 1 + random.below(8);
    const sum = random.below(2) === 0 ? low + step : low - step;
    setups[word] = sum;
    const carry = sum > 0xffff_ffff ? 1 : sum < 0 ? -1 : 0;
    setups[word + 1] = (setups[word + 1] ?? 0) + carry;
  } else {
    const bit = random.below(64);
    const half = word + (bit >>> 5);
    setups[half] = (setups[half] ?? 0) ^ (1 << (bit & 31));
  }
}

/** Which word of a setup counts: one of a block, the word of a pair, or one of a structure. */
function drawWordIndex(random: Random, setups: Uint32Array, i: number): number {
  const at = setupAt(i);
  const way = wayOf(setups, at);
  if (way <= SETREGSET) return drawIndex(random);
  if (way <= XSTATE) return 1 + 2 * random.below(Math.max(setups[at + SETUP.count] ?? 0, 1));
  return way === SYSCALL_INFO ? random.below(SYSCALL_INFO_WORDS) : 0;
}

/** Takes a few words of another block. */
function splice(random: Random, setups: Uint32Array, i: number, others: SetupList): void {
  const from = setupAt(random.below(others.length));
  const { halves } = others;
  if (wayOf(setups, setupAt(i)) > SETREGSET || wayOf(halves, from) > SETREGSET) return;
  const words = 2 * wordAt(i);
  for (let k = 0; k < REGISTERS.length; k++) {
    if (random.below(3) > 0) continue;
    setups[words + 2 * k] = halves[from + SETUP.words + 2 * k] ?? 0;
    setups[words + 2 * k + 1] = halves[from + SETUP.words + 2 * k + 1] ?? 0;
  }
}

/** The same registers in another way, where there are registers; else something else. */
function changeWay(random: Random, setups: Uint32Array, i: number, xstateLength: number): void {
  const at = setupAt(i);
  const [old, way] = [wayOf(setups, at), drawWay(random)];
  setByte(setups, at, 1, way);
  setups[at + SETUP.length] = drawLength(random, way, xstateLength);
  if (way <= SETREGSET) {
    if (old > SETREGSET) fromPairs(setups, i, old === POKEUSER);
    setups[at + SETUP.count] = 0;
  } else if (way === POKEUSER && old <= SETREGSET) toPairs(setups, i);
  else if (way !== old) {
    for (let k = 0; k < 2 * REGISTERS.length; k++) setups[at + SETUP.words + k] = 0;
    setups[at + SETUP.count] = 0;
    if (!drawPairs(random, way, setups, i, xstateLength)) {
      drawWords(random, way, setups, wordAt(i));
    }
  }
}

const pairs = new Uint32Array(4 * MOST_PAIRS);

/** A block becomes the pairs that poke what it changes. */
function toPairs(setups: Uint32Array, i: number): void {
  const words = 2 * wordAt(i);
  let count = 0;
  for (let k = 0; k < REGISTERS.length && count < MOST_PAIRS; k++) {
    const [low, high] = [setups[words + 2 * k] ?? 0, setups[words + 2 * k + 1] ?? 0];
    if (baseline.is(k, low, high)) continue;
    pairs[4 * count] = 8 * k;
    pairs[4 * count + 1] = 0;
    pairs[4 * count + 2] = low;
    pairs[4 * count + 3] = high;
    count++;
  }
  for (let k = 0; k < 2 * REGISTERS.length; k++) {
    setups[words + k] = k < 4 * count ? (pairs[k] ?? 0) : 0;
  }
  setups[setupAt(i) + SETUP.count] = count;
}

/** Pairs become a block in which what they poke is changed. */
function fromPairs(setups: Uint32Array, i: number, poked: boolean): void {
  const words = 2 * wordAt(i);
  const count = poked ? (setups[setupAt(i) + SETUP.count] ?? 0) : 0;
  for (let k = 0; k < 4 * count; k++) pairs[k] = setups[words + k] ?? 0;
  for (let k = 0; k < REGISTERS.length; k++) baseline.copy(k, setups, wordAt(i) + k);
  for (let k = 0; k < count; k++) {
    const register = (pairs[4 * k] ?? 0) >>> 3;
    if (register >= REGISTERS.length) continue;
    setups[words + 2 * register] = pairs[4 * k + 2] ?? 0;
    setups[words + 2 * register + 1] = pairs[4 * k + 3] ?? 0;
  }
}
