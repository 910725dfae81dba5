// The numbers of system calls: each encoder has those of its architecture as constants.

import { mkdirSync, writeFileSync } from "node:fs";
import { MACHINES } from "./compilers.mjs";
import { jsonLines, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

/**
 * A line for each call, with its number on each architecture that has it: <asm/unistd_64.h>. From 424 on all have the same
 * (the kernel's scripts/syscall.tbl).
 */
export const CALLS = "assembly/linux/calls.jsonl";

/** riscv64 has the kernel's generic table, as arm64. */
const COLUMNS = { amd64: "amd64", arm64: "arm64", riscv64: "arm64" };

/** The calls of an architecture, in the order of their numbers. */
export function callsOf(arch) {
  return jsonLines(CALLS)
    .map((call) => ({ name: call.name, number: call[COLUMNS[arch]] }))
    .filter(({ number }) => number !== undefined)
    .sort((a, b) => a.number - b.number);
}

export const CALL_CONSTANTS = MACHINES.map((arch) => `build/${arch}/calls.ts`);

export async function writeCalls() {
  for (const arch of MACHINES) {
    mkdirSync(`build/${arch}`, { recursive: true });
    const target = `build/${arch}/calls.ts`;
    const lines = () =>
      callsOf(arch).map((it) => `export const SYS_${it.name}: i32 = ${it.number};\n`);
    await makeFrom(target, [CALLS], () => writeFileSync(target, lines().join("")));
  }
}
