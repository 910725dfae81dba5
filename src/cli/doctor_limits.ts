import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readProc } from "../stub/proc.ts";

/** What a trial saw, and what to do about it where that is not all well. */
export interface Seen {
  readonly detail: string;
  readonly warning?: string;
}

/** Addresses that a worker of `fuzz` reserves, in bytes: Node.js takes 10 GB for each WebAssembly memory. */
const WORKER_ADDRESSES = 32e9;
/** Descriptors that Node.js and the commands hold at once, and some. */
const OPEN_FILES = 128;

/** What single commands need of this machine and of this process's limits; each throws where it fails. */
export const LIMIT_TRIALS: readonly [name: string, trial: () => Seen][] = [
  ["/proc", () => ({ detail: `process ${/^\d+/.exec(readProc("/proc/self/stat"))?.[0]}` })],
  ["temporary folder", temporaryFolder],
  ["address space", addressSpace],
  ["open files", openFiles],
  ["threads", threads],
  ["child processes", childProcesses],
];

function temporaryFolder(): Seen {
  try {
    rmdirSync(mkdtempSync(join(tmpdir(), "stublab-doctor-")));
    return { detail: `${tmpdir()} can be written to` };
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split(", ");
    return {
      detail: `${tmpdir()} cannot be written to: ${why}`,
      warning: "guest FILE.s needs one: let TMPDIR name a folder that can be written to",
    };
  }
}

function addressSpace(): Seen {
  const limit = limitOf("Max address space");
  const detail = `RLIMIT_AS ${limit}`;
  if (Number(limit) >= WORKER_ADDRESSES || limit === "unlimited") return { detail };
  return {
    detail,
    warning: `fuzz takes ${WORKER_ADDRESSES / 1e9} GB of addresses for each worker: raise it (ulimit -v)`,
  };
}

function openFiles(): Seen {
  const limit = limitOf("Max open files");
  const detail = `RLIMIT_NOFILE ${limit}`;
  if (Number(limit) >= OPEN_FILES || limit === "unlimited") return { detail };
  return { detail, warning: `some commands need up to ${OPEN_FILES}: raise it (ulimit -n)` };
}

/** The soft limit of that name. */
function limitOf(name: string): string {
  const limits = readProc("/proc/self/limits");
  return new RegExp(`^${name}\\s+(\\S+)`, "m").exec(limits)?.[1] ?? "unlimited";
}

/** fuzz, and a scenario. */
function threads(): Seen {
  const worker = new Worker("", { eval: true });
  // Its end is nobody's concern.
  worker.on("error", () => {});
  worker.unref();
  return { detail: "a worker thread starts" };
}

/** Foreign encoders, scenarios in which a host dies, and guest FILE.s. */
function childProcesses(): Seen {
  const { error, pid } = spawnSync(process.execPath, ["--version"], { stdio: "ignore" });
  if (error !== undefined) throw error;
  return { detail: `Node.js ran as process ${pid}` };
}
