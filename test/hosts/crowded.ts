// A host that fuzzes with two workers while its user may have few threads and processes more: `crowded MOST`. For each
// number from 0 to MOST it prints a line: what came of it, and what is left of it.

import { readdirSync, writeSync } from "node:fs";
import { StublabError } from "../../src/errors.ts";
import { fuzz } from "../../src/fuzz/fuzz.ts";
import { dropPrivileges, limitProcesses } from "../libc.ts";
import { childrenOf } from "../processes.ts";

const most = Number(process.argv[2]);
const threads = () => readdirSync("/proc/self/task").length;

// The limit counts all of a user: this one is nobody else.
dropPrivileges(100_000 + process.pid);
// Once without a limit: what is loaded and started for good is there then.
await fuzz({ workers: 2, cases: 10 });
const before = threads();
for (let more = 0; more <= most; more++) {
  limitProcesses(before + more);
  const came = await fuzz({ workers: 2, cases: 10 }).then(
    ({ cases }) => `tried ${cases}`,
    (error: unknown) => (error instanceof StublabError ? `${error.code}` : `${error}`),
  );
  limitProcesses(Number.POSITIVE_INFINITY);
  const left = threads() - before + childrenOf(process.pid).length;
  writeSync(1, `${more}: ${came}, left ${left}\n`);
}
