/*
 * What a setup must not do, because it would cost more than it tells: hang until the watchdog comes, end its stub, or
 * read what another setup left behind.
 */

import { CONSTANTS, placeOf, SCRATCH, SCRATCH_SIZE } from "./code.ts";
import { isFatal } from "./kinds.ts";
import {
  FROMS,
  indexOf,
  ONS,
  SETUP,
  setupAt,
  WANT_FRAME,
  WANT_INFO,
  WANT_WRITTEN,
  WAYS,
} from "./setups.ts";

const [FROM_SIGNAL, FROM_GROUP] = [FROMS.indexOf("signal"), FROMS.indexOf("group")];
const [SETREGSET, POKEUSER] = [WAYS.indexOf("SETREGSET"), WAYS.indexOf("POKEUSER")];
const SIGMASK = WAYS.indexOf("SIGMASK");
const [NONE, SINGLESTEP, SYSEMU_SINGLESTEP] = [
  ONS.indexOf("NONE"),
  ONS.indexOf("SINGLESTEP"),
  ONS.indexOf("SYSEMU_SINGLESTEP"),
];
const [RIP, RSP, RDI] = [indexOf("rip"), indexOf("rsp"), indexOf("rdi")];
const [CS, DS] = [indexOf("cs"), indexOf("ds")];
const [SIGKILL, SIGUSR1, SIGUSR2] = [9, 10, 12];

const [SPIN, STORE] = [Number(placeOf("spin")), Number(placeOf("store"))];
const SYSCALL = Number(placeOf("syscall"));
const USER_CS = 0x33;
/** The segment whose limit is the number of the processor: GDT_ENTRY_CPUNODE in asm/segment.h. */
const CPUNODE = 0x78;
/** offsetof(struct user, u_debugreg), and two of these. */
const DEBUG_REGISTERS = 848;
const [DEBUG_STATUS, DEBUG_CONTROL] = [DEBUG_REGISTERS + 6 * 8, DEBUG_REGISTERS + 7 * 8];
/** The lower half of where the vsyscall page begins. */
const VSYSCALL = 0xff60_0000;
/** A restart goes back by the two bytes of a SYSCALL. */
const RESTART = 2;
const [SCRATCH_START, SCRATCH_END] = [Number(SCRATCH), Number(SCRATCH) + SCRATCH_SIZE];
/** From the scratch pages down to the constants. */
const DOWN = 0x2000;

/**
 * Makes setup `i` harmless.
 *
 * @param mayKill whether it may end its stub
 */
export function tame(setups: Uint32Array, i: number, mayKill: boolean): void {
  const at = setupAt(i);
  const kinds = setups[at + SETUP.kinds] ?? 0;
  const [from, way] = [kinds & 0xff, (kinds >>> 8) & 0xff];
  let on = (kinds >>> 16) & 0xff;
  let signal = setups[at + SETUP.signal] ?? 0;
  // One that is blocked stays with what the stop before had to tell.
  if (kills(from, signal) && (!mayKill || way === SIGMASK)) signal = 0;
  if (way === POKEUSER && !mayKill) tameBreakpoints(setups, at);
  if (way <= POKEUSER && tameWords(setups, at, way) && on !== NONE && on !== SYSEMU_SINGLESTEP)
    on = SINGLESTEP;
  const handled = signal === SIGUSR1 || signal === SIGUSR2;
  const wants = WANT_WRITTEN | WANT_INFO | (handled ? WANT_FRAME : 0);
  setups[at + SETUP.kinds] = from | (way << 8) | (on << 16) | (wants << 24);
  setups[at + SETUP.signal] = signal;
}

/**
 * Whether a stub that is resumed so ends. At other stops than by a signal the signal makes one of its own first; the
 * one at a group-stop is not looked at.
 */
export function kills(from: number, signal: number): boolean {
  if (from === FROM_SIGNAL) return isFatal(signal);
  return from !== FROM_GROUP && signal === SIGKILL;
}

/** A stub with a breakpoint is of no use to others: pokes go to where the last one was told of instead. */
function tameBreakpoints(setups: Uint32Array, at: number): void {
  const count = setups[at + SETUP.count] ?? 0;
  for (let half = at + SETUP.words; half < at + SETUP.words + 4 * count; half += 4) {
    const offset = lowOf(setups, half);
    const address = offset >= DEBUG_REGISTERS && offset < DEBUG_REGISTERS + 4 * 8;
    if (address || offset === DEBUG_CONTROL) setups[half] = DEBUG_STATUS;
  }
}

/** Answers whether RIP may get to where the code jumps to itself. */
function tameWords(setups: Uint32Array, at: number, way: number): boolean {
  const words = at + SETUP.words;
  if (way <= SETREGSET) {
    const rip = lowOf(setups, words + 2 * RIP);
    setups[words + 2 * RDI] = tameAddress(setups, words + 2 * RDI, rip);
    if (setups[words + 2 * CS] !== USER_CS) tameSelector(setups, words + 2 * DS);
    const compatible = isSyscall(rip) && setups[words + 2 * CS] !== USER_CS;
    if (compatible || isPop(rip) || isVsyscall(setups, words + 2 * RIP)) {
      tameStack(setups, words + 2 * RSP);
    }
    return isSpin(rip);
  }
  const count = setups[at + SETUP.count] ?? 0;
  let rip = 0;
  for (let k = 0; k < count; k++) {
    if (setups[words + 4 * k] === 8 * RIP) rip = lowOf(setups, words + 4 * k + 2);
    // One that is refused leaves those before it, so each of them counts.
    if (isSpin(rip)) break;
  }
  for (let k = 0; k < count; k++) {
    if (setups[words + 4 * k] === 8 * DS) tameSelector(setups, words + 4 * k + 2);
    if (setups[words + 4 * k] !== 8 * RDI) continue;
    setups[words + 4 * k + 2] = tameAddress(setups, words + 4 * k + 2, rip);
  }
  for (let k = 0; k < count; k++) {
    // What reads the stack would read that of the baseline.
    const half = words + 4 * k + 2;
    const pokesRip = setups[words + 4 * k] === 8 * RIP;
    if (pokesRip && (isVsyscall(setups, half) || isPop(lowOf(setups, half)))) setups[half] = 0;
  }
  return isSpin(rip);
}

/** The low half of a word whose high half is 0; of others, 0. */
function lowOf(setups: Uint32Array, half: number): number {
  return setups[half + 1] === 0 ? (setups[half] ?? 0) : 0;
}

function isSpin(rip: number): boolean {
  return rip >= SPIN && rip <= SPIN + RESTART;
}

/** Where code begins that takes from the stack what it has not put there. In 32 bits the ends of two pieces do. */
const POPS: ReadonlySet<number> = new Set([
  Number(placeOf("stack")) + 1,
  Number(placeOf("load")) + 2,
  STORE + 2,
]);
const isPop = (rip: number): boolean => POPS.has(rip);
/** As the kernel enters a call of 32-bit code, it reads the stack; a restart may bring RIP there. */
const isSyscall = (rip: number): boolean => rip >= SYSCALL && rip <= SYSCALL + RESTART;

/** What a 32-bit access through the processor's own segment comes to depends on which processor it is. */
function tameSelector(setups: Uint32Array, half: number): void {
  const selector = setups[half] ?? 0;
  if ((selector & 0xfffc) === CPUNODE) setups[half] = selector & ~0x8;
}

/** Whether a word is where functions of the kernel's are, which return to what the stack has. */
function isVsyscall(setups: Uint32Array, half: number): boolean {
  return setups[half + 1] === 0xffff_ffff && (setups[half] ?? 0) >= VSYSCALL;
}

/** A stack in the scratch pages goes to the constants, at the same place in a page. */
function tameStack(setups: Uint32Array, half: number): void {
  const low = setups[half] ?? 0;
  if (low <= SCRATCH_START - 8 || low >= SCRATCH_END) return;
  setups[half] = Number(CONSTANTS) + (low & 0xff8);
}

/** The low half of a word, or what it is to be: nothing but a store goes to the scratch pages. */
function tameAddress(setups: Uint32Array, half: number, rip: number): number {
  const low = setups[half] ?? 0;
  // A load of eight bytes may begin before them; one of 32-bit code sees the low half alone.
  const scratch = low > SCRATCH_START - 8 && low < SCRATCH_END;
  if (!scratch || (rip === STORE && setups[half + 1] === 0)) return low;
  return low - DOWN > SCRATCH_START - 8 ? SCRATCH_START - DOWN : low - DOWN;
}
