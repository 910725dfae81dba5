/*
 * Tables for the module of assembly/fuzz: words that the kernel or the processor treats specially, and addresses in
 * targets. Each is written to the global of its name.
 */

import { BOUNDARIES, RESULTS } from "../../../../lib/cases/words.ts";
import { BASELINE } from "../../case/amd64/baseline.ts";
import {
  CODE,
  CODES,
  CONSTANTS,
  placeOf,
  SCRATCH,
  SCRATCH_SIZE,
  STACK,
  STUB_CODE,
} from "../../case/amd64/code.ts";
import { FROM, WAY } from "../../case/amd64/kinds.ts";
import { REGISTERS } from "../../case/amd64/registers.ts";
import { namesOf } from "../../case/layout.ts";
import { ONS } from "../../case/setups.ts";
import { KEPT } from "../../try/sigreturn/kept.ts";
import { weighted } from "../weighted.ts";

/** The ends of user space with four levels of page tables, and with five. */
const [END_OF_47, END_OF_56] = [1n << 47n, 1n << 56n];
const PAGE = 4096n;
const VSYSCALL = 0xffff_ffff_ff60_0000n;
const END_OF_SCRATCH = SCRATCH + BigInt(SCRATCH_SIZE);

export const PATHS = ["ptrace", "sigreturn", "both"] as const;

/** How often each register is changed, relative to the others. */
const WEIGHTS: Readonly<Record<string, number>> = {
  ...{ rax: 5, orig_rax: 5, eflags: 6, rsp: 4, rdi: 4, cs: 3, ss: 3, fs_base: 3, gs_base: 3 },
  ...{ rip: 3, rcx: 2, r11: 2 },
};

/** Words by the name of their table. Negative ones are taken modulo 2^64. */
export const TABLES: Readonly<Record<string, readonly bigint[]>> = {
  baseline: BASELINE,
  kept: REGISTERS.map((name) => new Map<string, bigint>(Object.entries(KEPT)).get(name) ?? 0n),

  /** Stops other than by a signal have to be reached first: they take two to three times as long. */
  froms: weighted(namesOf(FROM), {
    ...{ signal: 24, entry: 3, exit: 2, sysemu: 2, group: 1, entry32: 1, exit32: 1, step32: 1 },
  }),
  ways: weighted(namesOf(WAY), {
    ...{ SETREGS: 18, SETREGSET: 4, POKEUSER: 4, SETFPREGS: 1 },
    ...{ XSTATE: 1, SYSCALL_INFO: 2, SIGMASK: 2, SIGRETURN: 0, DISPATCH: 1 },
  }),
  ons: weighted(ONS, {
    ...{ NONE: 4, CONT: 5, SYSCALL: 2, SINGLESTEP: 3, SYSEMU: 1, SYSEMU_SINGLESTEP: 1 },
  }),
  registers: weighted(
    REGISTERS,
    Object.fromEntries(REGISTERS.map((name) => [name, WEIGHTS[name] ?? 1])),
  ),

  boundaries: BOUNDARIES,
  results: RESULTS,

  selectors: [
    ...[0n, 1n, 2n, 3n, 4n, 7n, 0x0bn, 0x0fn, 0x10n, 0x13n, 0x18n, 0x1bn, 0x20n, 0x23n, 0x28n],
    ...[0x2bn, 0x30n, 0x33n, 0x38n, 0x3bn, 0x43n, 0x53n, 0x63n, 0x6bn, 0x73n, 0x7bn, 0x7fn, 0x83n],
    ...[0x8bn, 0xfffcn, 0xffffn, 0x1_0023n, 0x1_0033n, 0x1_0000_002bn, 0xffff_ffff_0000_0033n],
  ],
  /** Selectors of user space are drawn more often: with any other the stub faults at once. */
  usableSelectors: [0x33n, 0x2bn, 0x23n, 0x2bn, 0x33n, 0x23n, 0n, 3n],

  bases: [
    ...[0n, 8n, CONSTANTS, SCRATCH, STACK, CODE, 1n << 32n, (1n << 32n) - 1n, 1n << 31n],
    ...[END_OF_47, END_OF_56].flatMap((end) => [
      ...[end - 2n * PAGE, end - PAGE - 1n, end - PAGE, end - PAGE + 1n, end - 1n, end, end + 1n],
      ...[-end - 1n, -end, -end + 1n],
    ]),
    ...[1n << 63n, (1n << 63n) - 1n, -1n, -PAGE, VSYSCALL],
  ],
  addresses: [
    ...[0n, 1n, 7n, PAGE - 1n, PAGE, CONSTANTS, CONSTANTS + 1n, CONSTANTS + 8n],
    ...[CONSTANTS + PAGE - 8n, CONSTANTS + PAGE - 7n, CONSTANTS + PAGE - 1n, CONSTANTS + PAGE],
    ...[CONSTANTS - 8n, CONSTANTS - 1n, CODE, CODE + PAGE - 8n, CODE + PAGE, CODE - 4n, STUB_CODE],
    ...[END_OF_47 - PAGE - 8n, END_OF_47 - PAGE, END_OF_47 - 8n, END_OF_47 - 1n, END_OF_47],
    ...[-END_OF_47 - 1n, -END_OF_47, END_OF_56 - 1n, END_OF_56, 1n << 63n, VSYSCALL, -8n, -1n],
  ],
  /** Targets of stores; the memory there is never read. */
  stores: [SCRATCH, SCRATCH + 1n, SCRATCH + 4088n, END_OF_SCRATCH - 8n],
  stacks: [
    ...[STACK, STACK - 8n, STACK - 1n, STACK - 4n, STACK - 127n, STACK - 128n, STACK - PAGE],
    ...[SCRATCH, SCRATCH + 8n, SCRATCH + 128n, SCRATCH + 600n, SCRATCH + 4096n, SCRATCH - 8n],
    ...[END_OF_SCRATCH, END_OF_SCRATCH - 8n, STACK + 4096n],
    ...[0n, 8n, 1n, CODE + 8n, CONSTANTS + PAGE, 1n << 32n, (1n << 32n) + STACK],
    ...[END_OF_47 - PAGE, END_OF_47, -END_OF_47, 1n << 63n, -8n, -1n],
  ],

  codes: CODES.map(({ address }) => address),
  otherPlaces: [
    ...CODES.flatMap(({ address }) => [address + 1n, address + 2n, address - 2n]),
    ...[CODE, CODE - 1n, CODE + PAGE - 1n, CODE + PAGE - 2n, CODE + PAGE, CODE + PAGE + 2n],
    ...[0n, 1n, 2n, PAGE, CONSTANTS, SCRATCH, STACK, STUB_CODE, STUB_CODE + 0x1en, STUB_CODE - 1n],
    ...[END_OF_47 - PAGE, END_OF_47 - PAGE + 1n, END_OF_47 - 1n, END_OF_47, END_OF_47 + 2n],
    ...[-END_OF_47 - 1n, -END_OF_47, END_OF_56 - 1n, END_OF_56, 1n << 63n, -1n, -2n, 1n << 32n],
    ...[(1n << 32n) + placeOf("int3"), placeOf("int3") - (1n << 32n)],
  ],
  /** The old gettimeofday, time and getcpu, and addresses beside them. */
  vsyscalls: [0n, 0x400n, 0x800n, 1n, 0x401n, 0xc00n, PAGE].map((n) => VSYSCALL + n),

  /** getpid, gettid, getppid, restart_syscall and sched_yield, which targets may call, and some others. */
  calls: [39n, 186n, 110n, 219n, 24n, 102n, 104n, 107n, 108n, 0n, 15n, 20n, 59n, 60n, 62n, 231n],
  oddCalls: [
    ...[-1n, -2n, 0xffff_ffffn, 0x7fff_ffffn, 0x8000_0000n, 0x4000_0000n + 39n, 0x1_0000_0027n],
    ...[511n, 512n, 547n, 1000n, -512n, 1n << 63n, (1n << 63n) - 1n, 0xffff_ffff_0000_0027n],
  ],
  /** The kernel-internal results of interrupted calls, and numbers beside them. */
  restarts: [
    ...[-512n, -513n, -514n, -516n, -512n, -513n, -514n, -516n, -515n, -511n, -517n],
    ...[0xffff_fe00n, 0xffff_fdfcn, -4n, -38n],
  ],

  /** Offsets in struct user: its end, members after the registers, and debug registers. */
  oddOffsets: [
    ...[1n, 4n, 7n, 79n, 81n, 127n, 215n, 216n, 224n, 512n, 840n, 847n, 849n, 880n, 888n, 896n],
    ...[905n, 911n, 912n, 920n, 928n, 4096n, 2n ** 31n, 2n ** 32n, 2n ** 32n + 80n, 2n ** 63n],
    ...[-8n, -1n],
  ],
  /** Control words of floating point, and headers of XSAVE areas. */
  controls: [
    ...[0x37fn, 0n, 0x1f80n, 0xffffn, 0x1_0000n, 0x2_0000n, 0x8000_0000n, 0xffff_ffffn, 0x3fn],
    ...[0xffff_0000_1f80n, 0x1f80_0000_0000n, 1n, 2n, 3n, 7n, 0xffn, 0x207n, 1n << 63n, 1n << 9n],
  ],
};

/** Addresses by the name of their global. All are below 4 GB. */
export const PLACES: Readonly<Record<string, bigint>> = {
  placeSpin: placeOf("spin"),
  placeStore: placeOf("store"),
  placeLoad: placeOf("load"),
  placeStack: placeOf("stack"),
  placeSyscall: placeOf("syscall"),
  placeSse: placeOf("sse"),
  placeInt80: placeOf("int80"),
  placeHandler: placeOf("handler"),
  pageCode: CODE,
  pageConstants: CONSTANTS,
  pageScratch: SCRATCH,
  endOfScratch: END_OF_SCRATCH,
};
