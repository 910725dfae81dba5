/*
 * Words that the kernel or the processor looks at in a register, as tables that are drawn from without making BigInts.
 */

import type { Random } from "../cases/random.ts";
import { drawResult, drawWord, type Halves, setWord, WordTable } from "../cases/words.ts";
import { CODE, CODES, CONSTANTS, placeOf, SCRATCH, SCRATCH_SIZE, STACK } from "./code.ts";
import { indexOf, REGISTERS } from "./setups.ts";

const table = (...words: bigint[]): WordTable =>
  new WordTable(words.map((word) => BigInt.asUintN(64, word)));

/** The first address that four levels of page tables do not reach, and that five do not. */
const [END_OF_47, END_OF_56] = [1n << 47n, 1n << 56n];
const PAGE = 4096n;
/** Where the stub code lies as a rule. */
const STUB_CODE = END_OF_47 - 2n * PAGE;
const VSYSCALL = 0xffff_ffff_ff60_0000n;

const SELECTORS = table(
  ...[0n, 1n, 2n, 3n, 4n, 7n, 0x0bn, 0x0fn, 0x10n, 0x13n, 0x18n, 0x1bn, 0x20n, 0x23n, 0x28n, 0x2bn],
  ...[0x30n, 0x33n, 0x38n, 0x3bn, 0x43n, 0x53n, 0x63n, 0x6bn, 0x73n, 0x7bn, 0x7fn, 0x83n, 0x8bn],
  ...[0xfffcn, 0xffffn, 0x1_0023n, 0x1_0033n, 0x1_0000_002bn, 0xffff_ffff_0000_0033n],
);
/** Those of user space come up more often: all others end at once. */
const USABLE = table(0x33n, 0x2bn, 0x23n, 0x2bn, 0x33n, 0x23n, 0n, 3n);

const FLAG_BITS = [0, 1, 2, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 32, 63];
const TRAP_FLAG = 0x100;
const PLAIN_FLAGS = 0x202;

const BASES = table(
  ...[0n, 8n, CONSTANTS, SCRATCH, STACK, CODE, 1n << 32n, (1n << 32n) - 1n, 1n << 31n],
  ...[END_OF_47, END_OF_56].flatMap((end) => [
    ...[end - 2n * PAGE, end - PAGE - 1n, end - PAGE, end - PAGE + 1n, end - 1n, end, end + 1n],
    ...[-end - 1n, -end, -end + 1n],
  ]),
  ...[1n << 63n, (1n << 63n) - 1n, -1n, -PAGE, VSYSCALL],
);

const ADDRESSES = table(
  ...[0n, 1n, 7n, PAGE - 1n, PAGE, CONSTANTS, CONSTANTS + 1n, CONSTANTS + 8n],
  ...[CONSTANTS + PAGE - 8n, CONSTANTS + PAGE - 7n, CONSTANTS + PAGE - 1n, CONSTANTS + PAGE],
  ...[CONSTANTS - 8n, CONSTANTS - 1n, CODE, CODE + PAGE - 8n, CODE + PAGE, CODE - 4n, STUB_CODE],
  ...[END_OF_47 - PAGE - 8n, END_OF_47 - PAGE, END_OF_47 - 8n, END_OF_47 - 1n, END_OF_47],
  ...[-END_OF_47 - 1n, -END_OF_47, END_OF_56 - 1n, END_OF_56, 1n << 63n, VSYSCALL, -8n, -1n],
);
/** Where a store may land; what lies there is never looked at. */
const STORES = table(SCRATCH, SCRATCH + 1n, SCRATCH + 4088n, SCRATCH + BigInt(SCRATCH_SIZE) - 8n);

const STACKS = table(
  ...[STACK, STACK - 8n, STACK - 1n, STACK - 4n, STACK - 127n, STACK - 128n, STACK - PAGE],
  ...[SCRATCH, SCRATCH + 8n, SCRATCH + 128n, SCRATCH + 600n, SCRATCH + 4096n, SCRATCH - 8n],
  ...[SCRATCH + BigInt(SCRATCH_SIZE), SCRATCH + BigInt(SCRATCH_SIZE) - 8n, STACK + 4096n],
  ...[0n, 8n, 1n, CODE + 8n, CONSTANTS + PAGE, 1n << 32n, (1n << 32n) + STACK],
  ...[END_OF_47 - PAGE, END_OF_47, -END_OF_47, 1n << 63n, -8n, -1n],
);

const CODE_PLACES = table(...CODES.map(({ address }) => address));
const OTHER_PLACES = table(
  ...CODES.flatMap(({ address }) => [address + 1n, address + 2n, address - 2n]),
  ...[CODE, CODE - 1n, CODE + PAGE - 1n, CODE + PAGE - 2n, CODE + PAGE, CODE + PAGE + 2n],
  ...[0n, 1n, 2n, PAGE, CONSTANTS, SCRATCH, STACK, STUB_CODE, STUB_CODE + 0x1en, STUB_CODE - 1n],
  ...[END_OF_47 - PAGE, END_OF_47 - PAGE + 1n, END_OF_47 - 1n, END_OF_47, END_OF_47 + 2n],
  ...[-END_OF_47 - 1n, -END_OF_47, END_OF_56 - 1n, END_OF_56, 1n << 63n, -1n, -2n, 1n << 32n],
  ...[(1n << 32n) + placeOf("int3"), placeOf("int3") - (1n << 32n)],
);
/** gettimeofday, time and getcpu of long ago, and what is not quite these. */
const VSYSCALLS = table(...[0n, 0x400n, 0x800n, 1n, 0x401n, 0xc00n, PAGE].map((n) => VSYSCALL + n));

/** getpid, gettid, getppid, restart_syscall, sched_yield: what answers in a target. */
const CALLS = table(39n, 186n, 110n, 219n, 24n, 102n, 104n, 0n, 15n, 20n, 59n, 60n, 62n, 231n);
const ODD_CALLS = table(
  ...[-1n, -2n, 0xffff_ffffn, 0x7fff_ffffn, 0x8000_0000n, 0x4000_0000n + 39n, 0x1_0000_0027n],
  ...[511n, 512n, 547n, 1000n, -512n, 1n << 63n, (1n << 63n) - 1n, 0xffff_ffff_0000_0027n],
);
/** What a call that a signal interrupted answers, as long as nobody sees it; and what lies around that. */
const RESTARTS = table(
  ...[-512n, -513n, -514n, -516n, -512n, -513n, -514n, -516n, -515n, -511n, -517n],
  ...[0xffff_fe00n, 0xffff_fdfcn, -4n, -38n],
);

/** Writes a word that some code looks at where it finds it in this register. */
export function drawRegister(random: Random, register: number, to: Halves, at: number): void {
  // Now and then anything, for that is what nobody thought of.
  if (random.below(16) === 0) drawWord(random, to, at);
  else drawKnown(random, register, to, at);
}

function drawKnown(random: Random, register: number, to: Halves, at: number): void {
  switch (register) {
    case RIP:
      drawPlace(random, to, at);
      break;
    case RAX:
      drawAnswer(random, to, at);
      break;
    case ORIG_RAX:
      (random.below(3) === 0 ? ODD_CALLS : CALLS).draw(random, to, at);
      break;
    case EFLAGS:
      drawFlags(random, to, at);
      break;
    case RSP:
      STACKS.draw(random, to, at);
      break;
    case RDI:
      (random.below(5) === 0 ? STORES : ADDRESSES).draw(random, to, at);
      break;
    case FS_BASE:
    case GS_BASE:
      BASES.draw(random, to, at);
      break;
    case CS:
    case SS:
      (random.below(2) === 0 ? USABLE : SELECTORS).draw(random, to, at);
      break;
    default:
      if (register >= DS) SELECTORS.draw(random, to, at);
      else drawWord(random, to, at);
  }
}

/** Where RIP may be: as a rule at a piece of code. */
export function drawPlace(random: Random, to: Halves, at: number): void {
  const kind = random.below(64);
  if (kind < 54) CODE_PLACES.draw(random, to, at);
  else if (kind < 63) OTHER_PLACES.draw(random, to, at);
  else VSYSCALLS.draw(random, to, at);
}

function drawAnswer(random: Random, to: Halves, at: number): void {
  const kind = random.below(8);
  if (kind < 3) RESTARTS.draw(random, to, at);
  else if (kind < 5) CALLS.draw(random, to, at);
  else if (kind < 6) ODD_CALLS.draw(random, to, at);
  else drawResult(random, to, at);
}

function drawFlags(random: Random, to: Halves, at: number): void {
  let [low, high] = [PLAIN_FLAGS, 0];
  const kind = random.below(8);
  if (kind < 2) low ^= TRAP_FLAG;
  for (let n = kind < 1 ? 0 : 1 + random.below(3); n > 0; n--) {
    const bit = FLAG_BITS[random.below(FLAG_BITS.length)] ?? 0;
    if (bit < 32) low ^= 1 << bit;
    else high ^= 1 << (bit - 32);
  }
  setWord(to, at, low, high);
}

const [RIP, RAX, ORIG_RAX, EFLAGS] = ["rip", "rax", "orig_rax", "eflags"].map(indexOf);
const [RSP, RDI, CS, SS] = ["rsp", "rdi", "cs", "ss"].map(indexOf);
const [FS_BASE, GS_BASE] = ["fs_base", "gs_base"].map(indexOf);
/** With it the selectors that are left begin. */
const DS = indexOf("ds");

/** How often each register is changed, beside the others. */
const WEIGHTS: Readonly<Record<string, number>> = {
  ...{ rax: 5, orig_rax: 5, eflags: 6, rsp: 4, rdi: 4, cs: 3, ss: 3, fs_base: 3, gs_base: 3 },
  ...{ rip: 3, rcx: 2, r11: 2 },
};

const WEIGHTED = Uint8Array.from(
  REGISTERS.flatMap((name, i) => Array.from({ length: WEIGHTS[name] ?? 1 }, () => i)),
);

/** The index of a register to change. */
export function drawIndex(random: Random): number {
  return WEIGHTED[random.below(WEIGHTED.length)] ?? 0;
}
