import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readProc } from "../core/stub/proc.ts";
import type { Seen } from "./doctor_trials.ts";

/** A limit of this process (getrlimit(2)) that some command needs to be at least `least`. */
interface Limit {
  readonly name: string;
  /** Its name in /proc/self/limits. */
  readonly title: string;
  readonly least: number;
  readonly reason: string;
}

const LIMITS: readonly Limit[] = [
  {
    name: "address space",
    title: "Max address space",
    least: 32e9,
    reason:
      "each worker of fuzz takes 32 GB of address space, as Node.js reserves 10 GB for each WebAssembly memory: raise " +
      "the limit (ulimit -v)",
  },
  {
    name: "open files",
    title: "Max open files",
    least: 128,
    reason: "some commands need up to 128: raise the limit (ulimit -n)",
  },
  {
    name: "file size",
    title: "Max file size",
    least: 64e6,
    reason: "recordings and files in memory may be larger: raise the limit (ulimit -f)",
  },
];

/** Checks of the machine and of the limits of this process that single commands need; a check that fails throws. */
export const LIMIT_TRIALS: readonly [name: string, trial: () => Seen][] = [
  ["/proc", () => ({ seen: `process ${/^\d+/.exec(readProc("/proc/self/stat"))?.[0]}` })],
  ["temporary folder", temporaryFolder],
  ...LIMITS.map((limit): [string, () => Seen] => [limit.name, () => examine(limit)]),
  ["threads", threads],
  ["child processes", childProcesses],
];

function temporaryFolder(): Seen {
  try {
    rmdirSync(mkdtempSync(join(tmpdir(), "stublab-doctor-")));
    return { seen: `${tmpdir()} is writable` };
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split(", ");
    return {
      seen: `${tmpdir()} is not writable: ${why}`,
      reason: "guest FILE.s needs a temporary folder: set TMPDIR to one that is writable",
    };
  }
}

/** A soft limit of this process: a number or "unlimited". */
export function softLimit(title: string): string {
  const limits = readProc("/proc/self/limits");
  return new RegExp(`^${title}\\s+(\\S+)`, "m").exec(limits)?.[1] ?? "unlimited";
}

function examine({ title, least, reason }: Limit): Seen {
  const soft = softLimit(title);
  const enough = soft === "unlimited" || Number(soft) >= least;
  return { seen: soft, ...(!enough && { reason }) };
}

/** Needed by fuzz and by one scenario. */
function threads(): Seen {
  const worker = new Worker("", { eval: true });
  // Only the start of the worker matters.
  worker.on("error", () => {});
  worker.unref();
  return { seen: "a worker thread starts" };
}

/** Needed by foreign encoders, scenarios in which a host dies, and guest FILE.s. */
function childProcesses(): Seen {
  const { error, pid } = spawnSync(process.execPath, ["--version"], { stdio: "ignore" });
  if (error !== undefined) throw error;
  return { seen: `Node.js ran as process ${pid}` };
}
