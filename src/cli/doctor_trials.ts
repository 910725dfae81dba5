// What doctor tries of the machine and of a stub.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { release, tmpdir, type } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { loadShim } from "../core/shim/shim.ts";
import {
  assembleBpf,
  FPROG_SIZE,
  RETURN,
  SECCOMP_RET_ALLOW,
  sockFprog,
} from "../core/stub/filter.ts";
import { readProc, readPtraceScope } from "../core/stub/proc.ts";
import type { Stub } from "../core/stub/stub.ts";
import { Tracer } from "../core/stub/tracer.ts";
import { ENCODERS, type EncoderName, openEncoder } from "../labs/compare/encoders/open.ts";
import { explain } from "../lib/errno.ts";
import { hex, StublabError } from "../lib/errors.ts";
import { codeOf } from "../lib/folder.ts";

/** A row of the document. */
export interface Finding {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  readonly detail: string;
  readonly remedy: string | null;
}

/** What a trial has seen; and what to do, if something may not work. */
export type Seen = string | readonly [detail: string, remedy: string];

/** A trial fails if it throws: with a warning only, if `commands` alone need it. */
export type Trial = readonly [
  name: string,
  trial: (lab: Lab) => Seen | Promise<Seen>,
  commands?: string,
];

/** Makes trials; those of a stub end with the failure after which no stub is left. */
export async function tryAll(trials: readonly Trial[]): Promise<Finding[]> {
  const lab = new Lab();
  const findings: Finding[] = [];
  for (const trial of trials) {
    const finding = await findingOf(trial, lab);
    findings.push(finding);
    if (hasFailed(finding) && trials === STUB && !lab.hasStub) break;
  }
  return findings;
}

export const hasFailed = ({ status }: Finding): boolean => status === "failed";

async function findingOf([name, trial, commands]: Trial, lab: Lab): Promise<Finding> {
  try {
    const seen = await trial(lab);
    if (typeof seen === "string") return { name, status: "ok", detail: seen, remedy: null };
    return { name, status: "warning", detail: seen[0], remedy: seen[1] };
  } catch (failure) {
    const detail = reasonOf(failure);
    const remedy = failure instanceof StublabError ? failure.remedy : undefined;
    if (commands === undefined) return { name, status: "failed", detail, remedy: remedy ?? null };
    const why = remedy === undefined ? "" : `: ${remedy}`;
    return { name, status: "warning", detail, remedy: `${commands} cannot work here${why}` };
  }
}

/** The message of an error; further lines of one list a stub's registers. */
export function reasonOf(failure: unknown): string {
  const error = explain(failure);
  return (error instanceof Error ? error.message : String(error)).replace(/\n.*/s, "");
}

export function fail(message: string, remedy?: string, cause?: unknown): never {
  throw new StublabError(message, { code: "ERR_STUBLAB_DOCTOR", remedy, cause });
}

/** A trial whether a soft limit of this process, by its name in /proc/self/limits, is high enough. */
const limit = (name: string, least: number, remedy: string): Trial => [
  name,
  () => {
    const limits = readProc("/proc/self/limits");
    const soft = new RegExp(`^Max ${name}\\s+(\\S+)`, "m").exec(limits)?.[1] ?? "unlimited";
    return soft === "unlimited" || Number(soft) >= least ? soft : [soft, remedy];
  },
];

export const MACHINE: readonly Trial[] = [
  ["node", node],
  ["kernel", () => `${type()} ${release()}`],
  ["C library", cLibrary],
  ["koffi and shim", () => `loaded in thread ${loadShim().gettid()}`],
  ["encoders", () => ENCODERS.map(sizeOf).join(", ")],
  ["C compiler", compiler],
  ["yama", yama],
  ["process 1", processOne],
  ["/proc", () => `process ${/^\d+/.exec(readProc("/proc/self/stat"))?.[0]}`],
  ["temporary folder", temporaryFolder],
  limit(
    "address space",
    32e9,
    "each worker of fuzz takes 32 GB of address space, as Node.js reserves 10 GB for each WebAssembly memory: raise " +
      "the limit (ulimit -v)",
  ),
  limit("open files", 128, "some commands need 128: raise it (ulimit -n)"),
  limit("file size", 64e6, "recordings may be larger: raise it (ulimit -f)"),
  ["threads", thread],
  ["child processes", childProcess],
];

function node(): Seen {
  const seen = `${process.version} on ${process.platform} ${process.arch}`;
  // Node.js 20.4 is the first version with Symbol.dispose.
  return Symbol.dispose === undefined ? fail(seen, "stublab needs Node.js 20.4 or later") : seen;
}

function cLibrary(): Seen {
  const report = JSON.stringify(process.report?.getReport());
  const version = /"glibcVersionRuntime":"([^"]+)"/.exec(report)?.[1];
  return version === undefined ? "musl, or another that reports no version" : `glibc ${version}`;
}

const sizeOf = (name: EncoderName) => `${name} (${openEncoder(name).constants.size} constants)`;

function compiler(): Seen {
  const command = process.env.CC || "cc";
  const { stdout, status, error } = spawnSync(command, ["--version"], { encoding: "utf8" });
  if (error !== undefined && codeOf(error) !== "ENOENT") throw error;
  if (status === 0) return stdout.split("\n")[0] ?? command;
  const remedy =
    "a build from source, guests in assembly and the tasks guest-code and repair-stub need it: apt-get install gcc libc6-dev";
  return [`${command} is not installed`, remedy];
}

function yama(): Seen {
  const found = readPtraceScope();
  if (found === undefined) return "not in this kernel";
  const seen = `kernel.yama.ptrace_scope is ${found.scope}`;
  if (found.remedy !== undefined) fail(seen, found.remedy);
  return `${seen}: stubs are descendants, so they may be traced`;
}

function processOne(): Seen {
  if (process.pid !== 1) return `this process is ${process.pid}`;
  return [
    "this process is process 1 of its container",
    "the kernel does not deliver SIGKILL from its stubs to it, so exit signal SIGKILL does not end it; " +
      "start the container with an init (docker run --init)",
  ];
}

function temporaryFolder(): Seen {
  try {
    rmdirSync(mkdtempSync(join(tmpdir(), "stublab-doctor-")));
    return `${tmpdir()} is writable`;
  } catch (error) {
    const remedy = "guest FILE.s needs a temporary folder: set TMPDIR to one that is writable";
    return [`${tmpdir()} is not writable: ${reasonOf(error).split(", ")[0]}`, remedy];
  }
}

/** Needed by fuzz and by one lesson. */
function thread(): Seen {
  // Only the start of the worker matters.
  new Worker("", { eval: true }).on("error", () => {}).unref();
  return "a worker thread starts";
}

/** Needed by foreign encoders, lessons in which a host dies, and guest FILE.s. */
function childProcess(): Seen {
  const { error, pid } = spawnSync(process.execPath, ["--version"], { stdio: "ignore" });
  if (error !== undefined) throw error;
  return `Node.js ran as process ${pid}`;
}

/** A tracer and its stub, each made when it is first needed. */
class Lab {
  #tracer?: Tracer;
  #stub?: Stub;

  get tracer(): Tracer {
    this.#tracer ??= new Tracer();
    return this.#tracer;
  }

  get stub(): Stub {
    this.#stub ??= this.tracer.createStub();
    return this.#stub;
  }

  get hasStub(): boolean {
    return this.#stub !== undefined;
  }
}

/** What is tried of a stub, in this order. */
export const STUB: readonly Trial[] = [
  ["stub code", ({ tracer }) => `at ${hex(BigInt(tracer.host.stubAddress))}`],
  ["fork and attach", ({ stub }) => `stub ${stub.pid}, born in ${stub.microseconds} µs`],
  ["inject", injected],
  ["memory", memory],
  ["seccomp", seccomp],
  ["exit signal", fatal],
  ["close", closed],
];

function injected({ stub }: Lab): Seen {
  const parent = stub.call("getppid");
  const remedy = "stub and host must be in the same pid namespace";
  if (parent !== BigInt(process.pid))
    fail(`getppid returned ${parent}, expected ${process.pid}`, remedy);
  stub.scrub();
  return `getppid returned ${parent}; everything except the stub code is unmapped`;
}

function memory({ stub }: Lab): Seen {
  const page = stub.map(4096);
  stub.write(page, Uint8Array.of(1, 2, 3));
  const back = stub.read(page, 3).join(" ");
  stub.call("munmap", page, 4096);
  if (back === "1 2 3") return "written and read back";
  fail(`wrote 1 2 3, read back ${back}`, "this is a bug in stublab or in the kernel: report it");
}

/** Installs a filter that allows everything. */
function seccomp({ stub, tracer }: Lab): Seen {
  const page = stub.map(4096);
  const program = assembleBpf([RETURN, SECCOMP_RET_ALLOW]);
  const at = page + BigInt(FPROG_SIZE);
  stub.write(page, sockFprog(program, at));
  stub.write(at, program);
  stub.call("prctl", tracer.host.flag("PR_SET_NO_NEW_PRIVS"), 1, 0, 0, 0);
  stub.call("seccomp", tracer.host.flag("SECCOMP_SET_MODE_FILTER"), 0, page);
  stub.call("getpid");
  return "a filter was installed in a stub, which still runs";
}

/** SIGKILL is bootstrap's default: the death of such a stub kills this process unless the tracer defuses it first. */
function fatal({ tracer }: Lab): Seen {
  const stub = tracer.createStub({ exitSignal: "SIGKILL" });
  stub.close();
  return `stub ${stub.pid} with exit signal SIGKILL was ended; this process is alive`;
}

function closed({ tracer }: Lab): Seen {
  tracer.close();
  return "every stub was ended; this process is alive";
}
