/* Setups that set hardware breakpoints. A run begins with them and with those of seeds.ts. */

import { CODE, CONSTANTS, placeOf, SCRATCH, STACK } from "../../case/amd64/code.ts";
import type { Case } from "../../case/case.ts";
import { pokes, SIMPLE } from "./seed.ts";

/** Addresses at the limit for breakpoints. */
const limits: readonly Case[] = [0x7fff_ffff_dfffn, 0x7fff_ffff_efffn, 0x7fff_ffff_f000n].flatMap(
  (word) =>
    [848n, 872n].map((offset) => ({
      ...SIMPLE,
      ...{ way: "POKEUSER", block: [], pairs: [{ offset, word }] },
    })),
);

/** A breakpoint of the lowest number, with this kind and length. */
export function breakpoint(
  address: bigint,
  fields: bigint,
  registers: Readonly<Record<string, bigint>>,
  change: Partial<Case> = {},
): Case {
  const { pairs, ...it } = pokes("signal", registers);
  const set = [
    { offset: 848n, word: address },
    { offset: 904n, word: 1n | (fields << 16n) },
  ];
  return { ...it, ...change, pairs: [...pairs, ...set] };
}

/** Of the fields in debug register 7: kinds, and lengths. */
const [EXECUTION, WRITES, IO, ACCESSES] = [0n, 1n, 2n, 3n];
const LENGTHS = [0n, 4n, 8n, 12n];

/** Breakpoints on code, on data at the ends of an access, and such as are refused. */
const breakpoints: readonly Case[] = [
  breakpoint(placeOf("int3"), EXECUTION, { eflags: 0x1_0202n }),
  ...[WRITES, ACCESSES].flatMap((kind) => [
    breakpoint(STACK - 8n, kind, { rip: placeOf("pushf") }),
    breakpoint(STACK, kind, { rip: placeOf("stack") }),
  ]),
  ...[0x202n, 0x302n, 0x1_0202n].flatMap((eflags) => [
    ...[0n, 1n].map((n) =>
      breakpoint(placeOf("nops") + n, EXECUTION, { rip: placeOf("nops"), eflags }),
    ),
    breakpoint(SCRATCH, WRITES, { rip: placeOf("store"), rdi: SCRATCH, eflags }),
  ]),
  ...[WRITES, ACCESSES].flatMap((kind) => [
    ...LENGTHS.map((length) =>
      breakpoint(SCRATCH + 8n, kind | length, { rip: placeOf("store"), rdi: SCRATCH + 1n }),
    ),
    ...[0n, 4n].map((length) =>
      breakpoint(CONSTANTS + 8n - length / 2n, kind | length, {
        rip: placeOf("load"),
        rdi: CONSTANTS,
      }),
    ),
  ]),
  ...LENGTHS.flatMap((length) =>
    [EXECUTION, WRITES, IO, ACCESSES].map((kind) => breakpoint(CODE + 1n, kind | length, {})),
  ),
  breakpoint(placeOf("movss") + 2n, EXECUTION, { rip: placeOf("movss"), rax: 0x2bn }),
  breakpoint(placeOf("handler"), EXECUTION, {}, { signal: 10 }),
];

/** All of these. */
export const BREAKPOINT_SEEDS: readonly Case[] = [...limits, ...breakpoints];
