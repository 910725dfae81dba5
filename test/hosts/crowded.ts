// A host that fuzzes with two workers while the limit permits only a few more threads and processes: `crowded MOST`. For
// each number from 0 to MOST it prints a line: the result, and the processes that are left.

import { fuzz } from "../../src/labs/fuzz/fuzz.ts";
import { StublabError } from "../../src/lib/errors.ts";
import { dropPrivileges, limitProcesses } from "../support/libc.ts";

const most = Number(process.argv[2]);
const threads = () => readdirSync("/proc/self/task").length;

// The limit counts all processes of a user: no other process has this uid.
dropPrivileges(100_000 + process.pid);
// First without a limit, to load and start everything that stays.
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
