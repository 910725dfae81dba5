// Content of setups that are written in other ways than as a block.

import { below } from "../random";
import { MOST_PAIRS, Setup, WAY_PRFPREG, WAY_PRSTATUS, WAY_SYSTEM_CALL, WAY_TLS } from "../setup";
import { calls, drawWord, oddCalls, pick } from "../tables";
import { hasBlock } from "./ways";

/** Bytes of struct user_pt_regs, and of struct user_fpsimd_state. */
const BLOCK: u32 = 272;
const FPSIMD: u32 = 528;

/** A length, mostly the kernel's own. */
export function drawLength(way: u32): u32 {
  const whole =
    way == WAY_PRSTATUS ? BLOCK : way == WAY_PRFPREG ? FPSIMD : way == WAY_SYSTEM_CALL ? 4 : 8;
  const kind = below(8);
  if (kind < 4) return whole;
  return kind < 7 ? 4 * below(whole / 4 + 3) : below(whole + 16);
}

/** Draws the words or the pairs of a setup. */
export function drawContent(setup: Setup): void {
  const way: u32 = setup.way;
  if (hasBlock(way)) return;
  if (way == WAY_PRFPREG) {
    setup.count = 1 + below(4);
    for (let k: u32 = 0; k < setup.count; k++) drawPair(setup, k);
  } else drawWordOf(setup);
}

/** Makes a setup, which goes on from another one, one that writes few words. */
export function drawPokes(setup: Setup, _before: Setup): void {
  setup.way = u8(below(2) == 0 ? WAY_TLS : WAY_SYSTEM_CALL);
  setup.length = drawLength(setup.way);
  drawWordOf(setup);
}

/** Redraws a word, or a pair, or adds one. */
export function changeContent(setup: Setup): void {
  if (setup.way != WAY_PRFPREG) {
    drawWordOf(setup);
    return;
  }
  const pair = below(min(setup.count + 1, MOST_PAIRS));
  if (pair == setup.count) setup.count = pair + 1;
  drawPair(setup, pair);
}

/** Selects the word of a pair, or the only one. */
export function drawWordIndex(setup: Setup): u32 {
  return setup.count != 0 ? 1 : 0;
}

function drawWordOf(setup: Setup): void {
  const isCall = setup.way == WAY_SYSTEM_CALL;
  const word = isCall ? (below(4) == 0 ? pick(oddCalls) : pick(calls)) : drawWord();
  store<u64>(setup.words + (isCall ? 0 : 8 * below(2)), word);
}

function drawPair(setup: Setup, k: u32): void {
  const at = setup.words + 16 * k;
  store<u64>(at, below(8) == 0 ? below(FPSIMD + 8) : 8 * below(FPSIMD / 8));
  store<u64>(at, drawWord(), 8);
}
