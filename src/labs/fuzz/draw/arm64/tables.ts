/* Tables for the module of assembly/fuzz: see ../amd64/tables.ts. */

import { BOUNDARIES, RESULTS } from "../../../../lib/cases/words.ts";
import { BASELINE } from "../../case/arm64/baseline.ts";
import {
  CODE,
  CONSTANTS,
  ENDING,
  PART,
  placeOf,
  SCRATCH,
  SCRATCH_SIZE,
  STACK,
  STUB_CODE,
} from "../../case/arm64/code.ts";
import { FROM, WAY } from "../../case/arm64/kinds.ts";
import { REGISTERS } from "../../case/arm64/registers.ts";
import { namesOf } from "../../case/layout.ts";
import { ONS } from "../../case/setups.ts";
import { weighted } from "../weighted.ts";

export const PATHS = ["ptrace"] as const;

/** The ends of user space, with 39, 48 and 52 bits. */
const ENDS = [39n, 48n, 52n].map((bits) => 1n << bits);
const SIZE = BigInt(PART);
const END_OF_SCRATCH = SCRATCH + BigInt(SCRATCH_SIZE);

/** How often each register is changed, relative to the others. */
const WEIGHTS: Readonly<Record<string, number>> = {
  ...{ x0: 12, x1: 8, x2: 2, x7: 6, x8: 10, x29: 2, x30: 2, sp: 8, pc: 6, pstate: 14 },
  ...{ syscallno: 10, tls: 4 },
};

/** Words by the name of their table. Negative ones are taken modulo 2^64. */
export const TABLES: Readonly<Record<string, readonly bigint[]>> = {
  baseline: BASELINE,

  /** Stops other than by a signal have to be reached first. */
  froms: weighted(namesOf(FROM), { signal: 12, entry: 4, exit: 4, sysemu: 2, group: 1 }),
  ways: weighted(namesOf(WAY), { REGSETS: 18, PRSTATUS: 4, PRFPREG: 1, SYSTEM_CALL: 2, TLS: 2 }),
  ons: weighted(ONS, {
    ...{ NONE: 3, CONT: 6, SYSCALL: 3, SINGLESTEP: 3, SYSEMU: 1, SYSEMU_SINGLESTEP: 1 },
  }),
  registers: weighted(
    REGISTERS,
    Object.fromEntries(REGISTERS.map((name) => [name, WEIGHTS[name] ?? 1])),
  ),

  boundaries: BOUNDARIES,
  results: RESULTS,
  addresses: [
    ...[0n, 1n, 7n, SIZE - 1n, SIZE, CONSTANTS, CONSTANTS + 1n, CONSTANTS + 8n, CONSTANTS - 8n],
    ...[CONSTANTS + SIZE - 8n, CONSTANTS + SIZE - 7n, CONSTANTS + SIZE - 1n, CONSTANTS + SIZE],
    ...[CODE, CODE + SIZE - 8n, CODE + SIZE, CODE - 4n, SCRATCH - 8n, END_OF_SCRATCH - 4n],
    STUB_CODE,
    ...ENDS.flatMap((end) => [end - 8n, end - 1n, end, -end - 1n, -end]),
    ...[1n << 55n, 1n << 56n, 1n << 63n, -8n, -1n, (0xffn << 56n) | CONSTANTS],
  ],
  /** Targets of stores; the memory there is never read. */
  stores: [SCRATCH, SCRATCH + 1n, SCRATCH + 4088n, END_OF_SCRATCH - 8n],
  stacks: [
    ...[STACK, STACK - 8n, STACK - 16n, STACK - 1n, STACK - 4n, STACK - SIZE, STACK + SIZE],
    ...[SCRATCH, SCRATCH + 16n, SCRATCH + 4688n, SCRATCH + 4704n, SCRATCH - 16n, END_OF_SCRATCH],
    ...[0n, 16n, 1n, CODE + 16n, CONSTANTS + SIZE, (1n << 56n) | STACK],
    ...[...ENDS, -16n, -1n],
  ],
  codes: ENDING.map(({ address }) => address),
  otherPlaces: [
    ...ENDING.flatMap(({ address }) => [address + 1n, address + 2n, address + 4n, address - 4n]),
    ...[CODE, CODE - 4n, CODE + SIZE - 2n, CODE + SIZE, 0n, 1n, 2n, CONSTANTS, SCRATCH, STACK],
    ...[STUB_CODE, STUB_CODE + 0x20n],
    ...ENDS.flatMap((end) => [end - 4n, end, end + 4n, -end]),
    ...[1n << 55n, 1n << 56n, 1n << 63n, -4n, -1n, (0xffn << 56n) | placeOf("nop")],
  ],
  /** getpid, gettid, getppid, restart_syscall and sched_yield, which targets may call, and some others. */
  calls: [172n, 178n, 173n, 128n, 124n, 174n, 175n, 176n, 177n, 0n, 93n, 94n, 129n, 139n, 220n],
  oddCalls: [
    ...[-1n, -2n, 0xffff_ffffn, 0x7fff_ffffn, 0x8000_0000n, (1n << 32n) + 172n, 435n, 462n],
    ...[511n, 1000n, -512n, 1n << 63n, 0xffff_ffff_0000_00acn],
  ],
  /** The kernel-internal results of interrupted calls, and numbers beside them. */
  restarts: [
    ...[-512n, -513n, -514n, -516n, -512n, -513n, -514n, -516n, -515n, -511n, -517n],
    ...[0xffff_fe00n, 0xffff_fdfcn, 0x1_ffff_fe00n, -4n, -38n],
  ],
};

/** Addresses by the name of their global. All are below 4 GB. */
export const PLACES: Readonly<Record<string, bigint>> = {
  placeSvc: placeOf("svc"),
  placeHandler: placeOf("handler"),
  placeSpin: placeOf("spin"),
  placeStack: placeOf("stack"),
  placeStore: placeOf("store"),
  pageCode: CODE,
  pageConstants: CONSTANTS,
  pageScratch: SCRATCH,
  endOfScratch: END_OF_SCRATCH,
  sizeOfPart: SIZE,
};
