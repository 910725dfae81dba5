/*
 * What the ways other than whole blocks are given: pairs of an offset and a word, other structures, and how long they
 * are said to be.
 */

import type { Random } from "../cases/random.ts";
import { drawWord, type Halves, setWord, WordTable } from "../cases/words.ts";
import { MOST_PAIRS } from "./case.ts";
import { drawIndex, drawRegister } from "./interest.ts";
import { REGISTERS, SETUP, setupAt, WAYS, wordAt } from "./setups.ts";

const [SETREGSET, POKEUSER] = [WAYS.indexOf("SETREGSET"), WAYS.indexOf("POKEUSER")];
const [SETFPREGS, XSTATE] = [WAYS.indexOf("SETFPREGS"), WAYS.indexOf("XSTATE")];
const [SYSCALL_INFO, SIGMASK] = [WAYS.indexOf("SYSCALL_INFO"), WAYS.indexOf("SIGMASK")];

/** struct user_regs_struct, struct ptrace_syscall_info, sigset_t */
const [BLOCK, INFO, SET] = [8 * REGISTERS.length, 88, 8];
const BLOCK_LENGTHS = Uint32Array.of(
  ...[0, 1, 4, 7, 8, 16, 64, 68, 80, 88, 120, 128, 136, 144, 152, 160, 168, 176, 184, 208],
  ...[212, 215, 217, 224, 232, 1024, 4096, 0x7fff_fff8, 0xffff_fff8, 0xffff_ffff],
);
const ODD_LENGTHS = Uint32Array.of(0, 1, 4, 7, 8, 9, 16, 24, 64, 87, 128, 1024, 0xffff_ffff);

/** How many bytes a way is told that there are: as a rule as many as it wants. */
export function drawLength(random: Random, way: number, xstateLength: number): number {
  const right = random.below(4) > 0;
  if (way === SETREGSET) {
    return right ? BLOCK : (BLOCK_LENGTHS[random.below(BLOCK_LENGTHS.length)] ?? 0);
  }
  const odd = ODD_LENGTHS[random.below(ODD_LENGTHS.length)] ?? 0;
  if (way === SYSCALL_INFO) return right ? INFO : odd;
  if (way === SIGMASK) return right ? SET : odd;
  if (way !== XSTATE) return 0;
  return right ? xstateLength : random.below(2) === 0 ? odd : 8 * random.below(xstateLength / 4);
}

/** Of struct user: its end, what lies behind the registers, and debug registers. */
const ODD_OFFSETS = new WordTable([
  ...[1n, 4n, 7n, 79n, 81n, 127n, 215n, 216n, 224n, 512n, 840n, 847n, 849n, 880n, 888n, 896n],
  ...[905n, 911n, 912n, 920n, 928n, 4096n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 80n, 2n ** 63n],
  ...[2n ** 64n - 8n, 2n ** 64n - 1n],
]);
/** Of struct user_i387_struct, with which an XSAVE area begins: control words, the mask, registers, what follows. */
const FLOATING = Uint32Array.of(0, 2, 4, 8, 16, 24, 28, 32, 48, 160, 176, 400, 416, 448, 464, 504);
/** Of the header of an XSAVE area and what comes after it. */
const HEADER = Uint32Array.of(464, 512, 520, 528, 536, 568, 576, 584, 704, 824);
const CONTROLS = new WordTable([
  ...[0x37fn, 0n, 0x1f80n, 0xffffn, 0x1_0000n, 0x1_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x3fn],
  ...[0xffff_0000_1f80n, 0x1f80_0000_0000n, 1n, 2n, 3n, 7n, 0xffn, 0x207n, 1n << 63n, 1n << 9n],
]);

/** Writes pairs, if the way has them. */
export function drawPairs(
  random: Random,
  way: number,
  setups: Uint32Array,
  i: number,
  xstateLength: number,
): boolean {
  if (way !== POKEUSER && way !== SETFPREGS && way !== XSTATE) return false;
  const count = random.below(16) === 0 ? random.below(MOST_PAIRS + 1) : 1 + random.below(3);
  setups[setupAt(i) + SETUP.count] = count;
  for (let k = 0; k < count; k++) drawPair(random, way, setups, wordAt(i) + 2 * k, xstateLength);
  return true;
}

/** Writes an offset and a word. */
export function drawPair(
  random: Random,
  way: number,
  to: Halves,
  at: number,
  xstateLength: number,
): void {
  if (way !== POKEUSER) {
    const last = way === XSTATE ? xstateLength : BLOCK_OF_FLOATING;
    const known = way === XSTATE && random.below(2) === 0 ? HEADER : FLOATING;
    const any = random.below(4) === 0;
    setWord(to, at, any ? 8 * random.below(last / 8) : (known[random.below(known.length)] ?? 0), 0);
    if (random.below(2) === 0) CONTROLS.draw(random, to, at + 1);
    else drawWord(random, to, at + 1);
  } else if (random.below(12) > 0) {
    const register = drawIndex(random);
    setWord(to, at, 8 * register, 0);
    drawRegister(random, register, to, at + 1);
  } else {
    ODD_OFFSETS.draw(random, to, at);
    drawWord(random, to, at + 1);
  }
}

/** struct user_i387_struct */
const BLOCK_OF_FLOATING = 512;

/** AUDIT_ARCH_X86_64, that of 32 bits, and none. */
const ARCHES = Uint32Array.of(0xc000_003e, 0xc000_003e, 0x4000_0003, 0);
const SYSCALL_INFO_WORDS = 11;

/** Writes a struct ptrace_syscall_info, or a set of signals. */
export function drawWords(random: Random, way: number, to: Halves, at: number): void {
  if (way === SIGMASK) {
    drawSet(random, to, at);
    return;
  }
  // The operation: none, entry, exit, seccomp, and what is none; then flags that must be 0.
  const odd = random.below(16) === 0;
  const operation = random.below(odd ? 256 : 4) | (odd ? random.below(256) << 16 : 0);
  setWord(to, at, operation, ARCHES[random.below(ARCHES.length)] ?? 0);
  for (let k = 1; k < SYSCALL_INFO_WORDS; k++) {
    if (random.below(2) === 0) setWord(to, at + k, 0, 0);
    else drawRegister(random, k === 3 ? ORIG_RAX : k, to, at + k);
  }
}

const ORIG_RAX = REGISTERS.indexOf("orig_rax");

function drawSet(random: Random, to: Halves, at: number): void {
  if (random.below(2) === 0) {
    drawWord(random, to, at);
    return;
  }
  const signal = random.below(64);
  setWord(to, at, signal < 32 ? (1 << signal) >>> 0 : 0, signal < 32 ? 0 : (1 << signal) >>> 0);
}
