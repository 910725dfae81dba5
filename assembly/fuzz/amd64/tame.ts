// Changes setups that would cost more than they reveal: those that would hang until the watchdog fires, end their stub,
// or read what another setup left in memory.

import { REG_cs, REG_ds, REG_rdi, REG_rip, REG_rsp } from "../../amd64/registers";
import {
  endOfScratch,
  pageConstants,
  pageScratch,
  placeHandler,
  placeLoad,
  placeSpin,
  placeStack,
  placeStore,
  placeSyscall,
} from "../../model/amd64/target";
import { avoidsWatchpoints } from "../../model/machine";
import { stepOnce, wantsOf } from "../kinds";
import { pairsEnd } from "../records";
import * as setups from "../setup";
import { Setup } from "../setup";
import { tameSelectorOf } from "./dispatch";
import { kills } from "./kills";
import { hasBlock } from "./ways";

const USER_CS: u32 = 0x33;
/** The segment whose limit encodes the processor number: GDT_ENTRY_CPUNODE in asm/segment.h. */
const CPUNODE: u32 = 0x78;
/** At 0 and beyond this address the segment is the same on each processor. */
const CPUNODE_LIMIT: u32 = 0xf_ffff;
/** offsetof(struct user, u_debugreg), the end of the address registers, and two others. */
const DEBUG_REGISTERS: u64 = 848;
const END_OF_BREAKPOINTS: u64 = DEBUG_REGISTERS + 4 * 8;
const DEBUG_STATUS: u64 = DEBUG_REGISTERS + 6 * 8;
const DEBUG_CONTROL: u64 = DEBUG_REGISTERS + 7 * 8;
/** The address of the vsyscall page. */
export const VSYSCALL: u64 = 0xffff_ffff_ff60_0000;
/** A restart moves RIP back by the two bytes of a SYSCALL. */
const RESTART: u32 = 2;

/** Where a configuration of syscall user dispatch has rip. */
const RIP = 32;

/** Makes a setup harmless. `mayKill`: whether it may end its stub. */
export function tame(setup: Setup, mayKill: bool): void {
  const way: u32 = setup.way;
  let signal = setup.signal;
  if (signal != 0 && !mayKill && kills(setup)) signal = 0;
  if (way <= setups.WAY_POKEUSER) {
    if (way == setups.WAY_POKEUSER && !mayKill) tameBreakpoints(setup);
    if (way == setups.WAY_POKEUSER && avoidsWatchpoints != 0) disarmWatchpoints(setup);
    const spins = way == setups.WAY_POKEUSER ? tamePairs(setup) : tameBlock(setup.words);
    if (spins) stepOnce(setup);
  }
  if (way == setups.WAY_DISPATCH) {
    tameSelectorOf(setup.words, mayKill);
    const rip = lowOf(setup.words + RIP);
    if (isSpin(rip) || isPop(rip) || isVsyscall(setup.words + RIP)) {
      store<u64>(setup.words + RIP, 0);
    }
  }
  setup.wants = wantsOf(signal);
  setup.signal = signal;
}

/** Begins in a 64-bit call instead of a 32-bit one. */
export function leave32(setup: Setup): void {
  if (setup.from == setups.FROM_ENTRY32) setup.from = u8(setups.FROM_ENTRY);
  if (setup.from == setups.FROM_EXIT32) setup.from = u8(setups.FROM_EXIT);
  if (setup.from == setups.FROM_STEP32) setup.from = u8(setups.FROM_SIGNAL);
}

/** Breakpoints spoil a stub: pokes of addresses and control go to the status register. */
function tameBreakpoints(setup: Setup): void {
  for (let pair = setup.words, end = pairsEnd(setup); pair < end; pair += 16) {
    const offset = load<u64>(pair);
    const address = offset >= DEBUG_REGISTERS && offset < END_OF_BREAKPOINTS;
    if (offset % 8 != 0) continue;
    if (address || offset == DEBUG_CONTROL) store<u64>(pair, DEBUG_STATUS);
  }
}

/** Makes all breakpoints those for execution. */
function disarmWatchpoints(setup: Setup): void {
  for (let pair = setup.words, end = pairsEnd(setup); pair < end; pair += 16) {
    if (load<u64>(pair) == DEBUG_CONTROL) store<u64>(pair, load<u64>(pair, 8) & ENABLED, 8);
  }
}

/** The bits of debug register 7 that are not about kinds and lengths. */
const ENABLED: u64 = 0xffff;

/**
 * Moves RIP away from where a further step cannot go on: the instruction that jumps to itself, which it could reach
 * without a single-step, even by a restart or an INT3 in each step, and the vsyscall page, of which nothing is predicted.
 * No further step reads through the segment of the processor number, whatever address it pokes.
 */
export function keepGoing(setup: Setup): void {
  if (hasBlock(setup.way)) {
    leave(setup.words + REG_rip);
    tameSelector(setup.words + REG_ds);
  }
  if (setup.way == setups.WAY_DISPATCH) leave(setup.words + RIP);
  if (setup.way != setups.WAY_POKEUSER) return;
  for (let pair = setup.words, end = pairsEnd(setup); pair < end; pair += 16) {
    if (load<u32>(pair) == REG_rip) leave(pair + 8);
  }
}

function leave(at: usize): void {
  const distance = load<u32>(at) - placeSpin + setups.MOST_STEPS;
  const isNearSpin = distance <= (1 + RESTART) * setups.MOST_STEPS;
  if (isNearSpin || isVsyscall(at)) store<u64>(at, placeHandler);
}

/** Whether RIP may reach the instruction that jumps to itself. */
function tameBlock(words: usize): bool {
  const rip = lowOf(words + REG_rip);
  tameAddress(words + REG_rdi, rip);
  const compatible = load<u32>(words + REG_cs) != USER_CS;
  if (compatible && load<u32>(words + REG_rdi) - 1 < CPUNODE_LIMIT) tameSelector(words + REG_ds);
  if ((compatible && isSyscall(rip)) || isPop(rip) || isVsyscall(words + REG_rip)) {
    tameStack(words + REG_rsp);
  }
  // A return to 32-bit code may cut rip.
  return isSpin(compatible ? load<u32>(words + REG_rip) : rip);
}

/** The same for pokes. */
function tamePairs(setup: Setup): bool {
  const begin = setup.words;
  const end = pairsEnd(setup);
  let rip: u32 = 0;
  let spins = false;
  // If a later poke is refused, this one stays in effect, so each counts.
  for (let pair = begin; pair < end && !spins; pair += 16) {
    if (load<u32>(pair) != REG_rip) continue;
    rip = lowOf(pair + 8);
    spins = isSpin(load<u32>(pair, 8));
  }
  for (let pair = begin; pair < end; pair += 16) {
    const register = load<u32>(pair);
    if (register == REG_ds) tameSelector(pair + 8);
    if (register == REG_rdi) tameAddress(pair + 8, rip);
    // RIP may be at code that reads the stack, where the step before has left it.
    if (register == REG_rsp && setup.from == setups.FROM_LAST) tameStack(pair + 8);
    // Code that reads the stack would read that of the baseline.
    if (register == REG_rip && (isVsyscall(pair + 8) || isPop(lowOf(pair + 8)))) {
      store<u32>(pair, 0, 8);
    }
  }
  return spins;
}

/** The low half of a word if its high half is 0, else 0. */
function lowOf(at: usize): u32 {
  const word = load<u64>(at);
  return word >> 32 == 0 ? u32(word) : 0;
}

function isSpin(rip: u32): bool {
  return rip - placeSpin <= RESTART;
}

/** Whether code pops more than it has pushed. In 32-bit mode, the ends of two pieces of code do. */
function isPop(rip: u32): bool {
  return rip == placeStack + 1 || rip == placeLoad + 2 || rip == placeStore + 2;
}

/** The kernel reads the stack at the entry of a 32-bit system call; a restart may move RIP there. */
function isSyscall(rip: u32): bool {
  return rip - placeSyscall <= RESTART;
}

/** The result of a 32-bit access near 0 through the segment of the processor number depends on the processor. */
function tameSelector(at: usize): void {
  const selector = load<u32>(at);
  if ((selector & 0xfffc) == CPUNODE) store<u32>(at, selector & ~0x8);
}

/** Whether a word is in the vsyscall page, whose functions return to the address on the stack. */
function isVsyscall(at: usize): bool {
  return load<u64>(at) >= VSYSCALL;
}

/** Moves a stack in the scratch pages to the constants, at the same offset in a page. */
function tameStack(at: usize): void {
  const low = load<u32>(at);
  if (isScratch(low)) store<u32>(at, pageConstants + (low & 0xff8));
}

/** Only stores may access the scratch pages. 32-bit code sees only the low half of a word. */
function tameAddress(at: usize, rip: u32): void {
  const low = load<u32>(at);
  if (!isScratch(low) || (rip == placeStore && load<u32>(at, 4) == 0)) return;
  const down = low - (pageScratch - pageConstants);
  store<u32>(at, down > pageScratch - 8 ? pageConstants : down);
}

/** An eight-byte access may begin before them. */
function isScratch(low: u32): bool {
  return low > pageScratch - 8 && low < endOfScratch;
}
