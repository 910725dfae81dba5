// The input of the ways that do not write a whole block: pairs of an offset and a word, other structures, and their
// lengths as passed to the kernel.

import { REG_cs, REG_orig_rax, REG_rax, REGISTERS_SIZE } from "../../amd64/registers";
import { ORDER } from "../../model/amd64/genregs32_set";
import { baseline } from "../../model/amd64/target";
import { drawRaised } from "../kinds";
import { below } from "../random";
import * as setups from "../setup";
import { DISPATCH_WORDS, MOST_PAIRS, Setup, SYSCALL_INFO_WORDS } from "../setup";
import {
  blockLengths,
  callArches,
  controls,
  drawWord,
  floatingOffsets,
  headerOffsets,
  oddLengths,
  oddOffsets,
  pick,
  wordsOf,
} from "../tables";
import { drawDispatch } from "./dispatch";
import { drawIndex, drawRegister } from "./registers";
import { hasBlock } from "./ways";

/** The length of NT_X86_XSTATE on this machine, that of the area in a frame, and the components in XCR0. */
export let xstateLength: u32 = 0;
export let frameLength: u32 = 0;
export let xcr0: u32 = 0;

export function setXstate(length: u32, ofFrame: u32, enabled: u32): void {
  xstateLength = length;
  frameLength = ofFrame;
  xcr0 = enabled;
}

/** struct ptrace_sud_config */
const DISPATCH_CONFIG: u32 = 32;
/** sigset_t, and struct user_i387_struct */
const SET: u32 = 8;
const FLOATING_POINT: u32 = 512;

/** The length that is passed to the kernel: mostly the correct one. */
export function drawLength(way: u32): u32 {
  const right = below(4) > 0;
  if (way == setups.WAY_SETREGSET) return right ? REGISTERS_SIZE : u32(pick(blockLengths));
  const odd = u32(pick(oddLengths));
  if (way == setups.WAY_SYSCALL_INFO) return right ? 8 * SYSCALL_INFO_WORDS : odd;
  if (way == setups.WAY_SIGMASK) return right ? SET : odd;
  if (way == setups.WAY_DISPATCH) return below(8) > 0 ? DISPATCH_CONFIG : odd;
  if (way != setups.WAY_XSTATE) return 0;
  if (right) return xstateLength;
  return below(2) == 0 ? odd : 8 * below(xstateLength / 4);
}

/** A word of a header of an XSAVE area: a set of components, of a compacted area or not, or a bit that must be 0. */
export function drawHeader(): u64 {
  const kind = below(8);
  if (kind < 2) return pick(controls);
  if (kind < 4) return u64(1) << below(64);
  return below(256) | (u64(kind == 4) << 63);
}

/** The header of an XSAVE area. */
const HEADER_BEGIN: u32 = 512;
const HEADER_WORDS: u32 = 8;

/** Draws the pairs or the words of a setup. */
export function drawContent(setup: Setup): void {
  const way: u32 = setup.way;
  if (!drawPairs(way, setup)) drawWords(way, setup.words);
  if (way == setups.WAY_SIGMASK && below(4) == 0) blockRaised(setup);
}

/** Resumes with a blocked signal that an instruction could raise. */
function blockRaised(setup: Setup): void {
  setup.signal = drawRaised();
  store<u64>(setup.words, load<u64>(setup.words) | (u64(1) << (setup.signal - 1)));
}

/** cs of 32-bit code, and the size of struct user_regs_struct32, which ptrace writes there. */
const CODE_32: u32 = 0x23;
const BLOCK_32: u32 = 68;

/** Makes a setup one that writes the registers that a target has between two cases, with a call or an error of one. */
function drawBlock32(setup: Setup): void {
  setup.way = u8(setups.WAY_SETREGSET);
  setup.length = BLOCK_32;
  for (let k: u32 = 0; k < BLOCK_32 / 4; k++) {
    const register: i32 = 8 * i32(load<u8>(ORDER + k));
    const drawn = (register == REG_rax || register == REG_orig_rax) && below(4) > 0;
    const word = drawn ? drawRegister(register / 8) : load<u32>(wordsOf(baseline) + register);
    store<u32>(setup.words + 4 * k, register == REG_cs ? CODE_32 : u32(word));
  }
}

/** Makes a setup, which goes on from another one, one that pokes few words, or none; in 32-bit code also a block. */
export function drawPokes(setup: Setup, before: Setup): void {
  const in32 = hasBlock(before.way) && load<u32>(before.words + REG_cs) == CODE_32;
  if (in32 && below(2) == 0) {
    drawBlock32(setup);
    return;
  }
  if (before.way == setups.WAY_SIGMASK && below(2) == 0) setup.signal = drawRaised();
  setup.way = u8(setups.WAY_POKEUSER);
  setup.count = below(3);
  for (let k: u32 = 0; k < setup.count; k++) drawPair(setups.WAY_POKEUSER, setup.words + 16 * k);
}

/** Redraws a pair, or adds one, or redraws the words. */
export function changeContent(setup: Setup): void {
  const way: u32 = setup.way;
  if (way > setups.WAY_XSTATE) {
    drawWords(way, setup.words);
    return;
  }
  const count = setup.count;
  const pair = below(min(count + 1, MOST_PAIRS));
  if (pair == count) setup.count = count + 1;
  drawPair(way, setup.words + 16 * pair);
}

/** Selects the word of a pair, or of a structure. */
export function drawWordIndex(setup: Setup): u32 {
  const way: u32 = setup.way;
  if (way <= setups.WAY_XSTATE) return 1 + 2 * below(max<u32>(setup.count, 1));
  if (way == setups.WAY_DISPATCH) return below(DISPATCH_WORDS);
  return way == setups.WAY_SYSCALL_INFO ? below(SYSCALL_INFO_WORDS) : 0;
}

/** Writes pairs, if the way has them. */
export function drawPairs(way: u32, setup: Setup): bool {
  if (way != setups.WAY_POKEUSER && way != setups.WAY_SETFPREGS && way != setups.WAY_XSTATE)
    return false;
  const count = below(16) == 0 ? below(MOST_PAIRS + 1) : 1 + below(3);
  setup.count = count;
  for (let k: u32 = 0; k < count; k++) drawPair(way, setup.words + 16 * k);
  return true;
}

/** Writes an offset and a word. */
export function drawPair(way: u32, pair: usize): void {
  if (way != setups.WAY_POKEUSER) {
    const last = way == setups.WAY_XSTATE ? xstateLength : FLOATING_POINT;
    const header = way == setups.WAY_XSTATE && below(2) == 0;
    if (header && below(3) > 0) {
      store<u64>(pair, HEADER_BEGIN + 8 * below(HEADER_WORDS));
      store<u64>(pair, drawHeader(), 8);
      return;
    }
    const any = below(4) == 0;
    const near = pick(header ? headerOffsets : floatingOffsets);
    store<u64>(pair, any ? u64(8 * below(last / 8)) : near);
    store<u64>(pair, below(2) == 0 ? pick(controls) : drawWord(), 8);
  } else if (below(12) > 0) {
    const register = drawIndex();
    store<u64>(pair, 8 * register);
    store<u64>(pair, drawRegister(register), 8);
  } else {
    store<u64>(pair, pick(oddOffsets));
    store<u64>(pair, drawWord(), 8);
  }
}

/** Writes a struct ptrace_syscall_info, or ptrace_sud_config, or a set of signals. */
export function drawWords(way: u32, words: usize): void {
  if (way == setups.WAY_DISPATCH) {
    drawDispatch(words);
    return;
  }
  if (way == setups.WAY_SIGMASK) {
    store<u64>(words, below(2) == 0 ? drawWord() : u64(1) << below(64));
    return;
  }
  // The operation: none, entry, exit, seccomp, or an invalid one; then flags that must be 0.
  const odd = below(16) == 0;
  const operation = below(odd ? 256 : 4);
  const flags = odd ? below(256) << 16 : 0;
  store<u64>(words, (pick(callArches) << 32) | operation | flags);
  for (let k: u32 = 1; k < SYSCALL_INFO_WORDS; k++) {
    const word = below(2) == 0 ? 0 : drawRegister(k == 3 ? REG_orig_rax / 8 : k);
    store<u64>(words + 8 * k, word);
  }
}
