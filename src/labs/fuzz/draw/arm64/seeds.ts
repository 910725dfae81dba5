/* The setups that a run begins with. */

import type { From } from "../../case/arch.ts";
import { CONSTANTS, ENDING, PART, SCRATCH, STACK } from "../../case/arm64/code.ts";
import { BLOCK_SIZE } from "../../case/arm64/kinds.ts";
import type { Case } from "../../case/case.ts";
import { ONS } from "../../case/setups.ts";
import { SIMPLE, seed } from "./seed.ts";

const GETPID = 172n;
const STOPS: readonly From[] = ["signal", "entry", "exit", "sysemu", "group"];
/** ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, and a number between them. */
const RESTARTS = [512n, 513n, 514n, 516n, 515n];

/** The pieces of the catalogue of code, with each way to resume. */
const plain: readonly Case[] = ENDING.flatMap(({ name }) =>
  ONS.map((on) => seed(name, name === "store" ? { x1: SCRATCH } : {}, { on })),
);

/** Each stop with each way to resume, and with signals. */
const stops: readonly Case[] = STOPS.flatMap((from) => [
  ...ONS.map((on) => seed("nop", { x0: 7n, x7: 5n }, { from, on })),
  ...ONS.map((on) => seed("svc", { x8: GETPID, x7: 5n }, { from, on })),
  ...[9, 10, 12, 17, 19, 65].map((signal) => seed("nop", {}, { from, signal })),
  seed("nop", { syscallno: 124n }, { from }),
  seed("nop", { syscallno: 1000n, x0: 3n }, { from }),
]);

/** Calls that were interrupted, and what restarts them. */
const restarts: readonly Case[] = (["signal", "entry", "exit"] as const).flatMap((from) =>
  RESTARTS.flatMap((errno) =>
    [0, 5, 10, 12, 17].map((signal) =>
      seed("nops", { x0: -errno, syscallno: GETPID }, { from, signal }),
    ),
  ),
);

/** Calls with the number of no call, and single-steps over a call, into a handler and from one. */
const steps: readonly Case[] = [
  ...ONS.flatMap((on) => [
    seed("svc", { x8: 0xffff_ffffn, x0: 9n }, { on }),
    seed("svc", { x8: 0xffff_ffffn, x0: 9n }, { from: "exit", on }),
    seed("nops", {}, { on, signal: 10 }),
    seed("svc", { x0: -512n, x8: GETPID, syscallno: GETPID }, { from: "entry", on, signal: 12 }),
  ]),
  // Signals that instructions raise, sent to a task that single-steps out of a call.
  ...[4, 5, 7, 8, 11, 31].flatMap((signal) =>
    (["entry", "exit"] as const).map((from) => seed("nop", {}, { from, on: "SINGLESTEP", signal })),
  ),
];

/** Each bit of pstate. */
const pstates: readonly Case[] = Array.from({ length: 33 }, (_, n) => 1n << BigInt(n)).flatMap(
  (pstate) => [
    seed("nop", { pstate }),
    seed("brk", { pstate }),
    seed("flags", { pstate }, { on: "SINGLESTEP" }),
    seed("nop", { pstate }, { from: "exit", on: "NONE" }),
  ],
);

/** Addresses that cannot be executed, read or written, and stacks that are not aligned. */
const faults: readonly Case[] = [
  ...[1n, 2n, CONSTANTS, STACK, CONSTANTS + 2n, 1n << 47n, 1n << 48n, 1n << 55n, -4n].map((pc) =>
    seed("nop", { pc }),
  ),
  ...[0n, 1n, CONSTANTS + 1n, CONSTANTS + BigInt(PART) - 4n, 1n << 48n, -8n, 1n << 56n].flatMap(
    (x1) => [seed("load", { x1 }), seed("store", { x1 })],
  ),
  ...[0n, 8n, SCRATCH, STACK + 8n, -16n, 1n << 48n].flatMap((sp) => [
    seed("stack", { sp }),
    seed("nops", { sp }, { signal: 10 }),
  ]),
];

/** The other ways, with lengths that are refused and such that write a part. */
const lengths: readonly Case[] = [
  ...[0, 4, 8, 12, 248, BLOCK_SIZE - 8, BLOCK_SIZE, BLOCK_SIZE + 8].map((length) =>
    seed("svc", { x0: 1n, pstate: 1n << 31n }, { way: "PRSTATUS", length }),
  ),
  ...(["SYSTEM_CALL", "TLS", "PRFPREG"] as const).flatMap((way) =>
    [0, 1, 2, 4, 8, 12, 16, 24, 528, 532].map((length) => ({
      ...SIMPLE,
      ...{ way, length, block: [] },
      ...(way === "PRFPREG" ? { pairs: [{ offset: 0n, word: 7n }] } : {}),
      ...(way === "SYSTEM_CALL" ? { words: [124n], from: "entry" as const } : {}),
      ...(way === "TLS" ? { words: [1n << 60n, 2n] } : {}),
    })),
  ),
];

/** The seeds that cases are made from, in the order in which a run tries them. */
export const SEEDS: readonly Case[] = [
  ...plain,
  ...stops,
  ...restarts,
  ...steps,
  ...pstates,
  ...faults,
  ...lengths,
];

/** Seeds that the model does not predict. They are tried once. */
export const UNPREDICTED_SEEDS: readonly Case[] = [];
