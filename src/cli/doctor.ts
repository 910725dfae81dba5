import { spawnSync } from "node:child_process";
import { release, type } from "node:os";
import {
  assembleBpf,
  FPROG_SIZE,
  RETURN,
  SECCOMP_RET_ALLOW,
  sockFprog,
} from "../core/bpf/program.ts";
import { loadShim } from "../core/shim/shim.ts";
import { readPtraceScope } from "../core/stub/attach.ts";
import { readIfThere } from "../core/stub/proc.ts";
import type { Stub } from "../core/stub/stub.ts";
import { Tracer } from "../core/stub/tracer.ts";
import { ENCODERS, openEncoder } from "../labs/compare/encoders/open.ts";
import { exitStatus } from "../lib/check.ts";
import { hex, StublabError } from "../lib/errors.ts";
import { LIMIT_TRIALS, softLimit } from "./doctor_limits.ts";
import { attempt, type Finding, type Seen, tryCommands } from "./doctor_trials.ts";
import { paint, printJson, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { doctor } from "./table/stubs.ts";

/** How many stubs the check of the process limits keeps alive at once. */
const CROWD = 32;

export async function runDoctor({ json }: Values<typeof doctor>): Promise<number> {
  const findings = await diagnose();
  if (json) printJson("stublab.doctor/1", { checks: findings.map(findingRow) });
  else tell(`${findings.map(findingText).join("\n")}\n`);
  return exitStatus(findings) === 0 ? 0 : 3;
}

async function diagnose(): Promise<Finding[]> {
  const stubs = tryStub();
  return [
    attempt("node", node),
    attempt("kernel", () => ({ seen: `${type()} ${release()}` })),
    attempt("C library", cLibrary),
    attempt("koffi and shim", () => ({ seen: `loaded in thread ${loadShim().gettid()}` })),
    attempt("encoders", encoders),
    attempt("C compiler", compiler),
    attempt("yama", yama),
    attempt("process 1", processOne),
    ...LIMIT_TRIALS.map(([name, trial]) => attempt(name, trial)),
    ...stubs,
    ...(exitStatus(stubs) === 0 ? await tryCommands() : []),
  ];
}

/** Each check needs the one before it. */
function tryStub(): Finding[] {
  const [mapped, tracer] = make(
    "stub code",
    () => new Tracer(),
    ({ stubAddress }) => `at ${hex(BigInt(stubAddress))}`,
  );
  if (tracer === undefined) return [mapped];
  const [born, stub] = make(
    "fork and attach",
    () => tracer.createStub(),
    ({ pid, microseconds }) => `stub ${pid}, born in ${microseconds} µs`,
  );
  const findings = [mapped, born];
  if (stub !== undefined) {
    findings.push(
      attempt("inject", () => injected(stub)),
      attempt("memory", () => memory(stub)),
      attempt("process limits", () => crowd(stub)),
      attempt("seccomp", () => seccomp(stub)),
      attempt("exit signal", () => fatal(tracer)),
    );
  }
  findings.push(attempt("close", () => closed(tracer)));
  return findings;
}

/** Like `attempt`, for a trial whose result later trials need. */
function make<T>(
  name: string,
  trial: () => T,
  describe: (made: T) => string,
): [Finding, T | undefined] {
  let made: T | undefined;
  const finding = attempt(name, () => {
    made = trial();
    return { seen: describe(made) };
  });
  return [finding, made];
}

/** What doctor calls a status, in the document and in the text. */
const WORDS = {
  held: { word: "ok", mark: paint("green", "ok     ") },
  known: { word: "warning", mark: paint("yellow", "warning") },
  failed: { word: "failed", mark: paint("red", "FAILED ") },
  skipped: { word: "skipped", mark: "skipped" },
} as const;

function findingRow({ name, status, seen, reason }: Finding) {
  return { name, status: WORDS[status].word, detail: seen, remedy: reason ?? null };
}

function findingText({ name, status, seen, reason }: Finding): string {
  const remedy = reason === undefined ? "" : `\n${" ".repeat(25)}${reason}`;
  return `${WORDS[status].mark} ${name.padEnd(16)} ${seen}${remedy}`;
}

function fail(message: string, remedy: string): never {
  throw new StublabError(message, { code: "ERR_STUBLAB_DOCTOR", remedy });
}

function node(): Seen {
  const seen = `${process.version} on ${process.platform} ${process.arch}`;
  // Node.js 20.4 is the first version with Symbol.dispose.
  if (Symbol.dispose === undefined) fail(seen, "stublab needs Node.js 20.4 or later");
  return { seen };
}

function cLibrary(): Seen {
  const report: unknown = process.report?.getReport();
  const version = /"glibcVersionRuntime":"([^"]+)"/.exec(JSON.stringify(report))?.[1];
  return {
    seen: version === undefined ? "musl, or another that reports no version" : `glibc ${version}`,
  };
}

function encoders(): Seen {
  const sizes = ENCODERS.map((name) => `${name} (${openEncoder(name).constants.size} constants)`);
  return { seen: sizes.join(", ") };
}

function compiler(): Seen {
  const command = process.env.CC || "cc";
  const { stdout, status, error } = spawnSync(command, ["--version"], { encoding: "utf8" });
  if (error !== undefined && !("code" in error && error.code === "ENOENT")) throw error;
  if (status === 0) return { seen: stdout.split("\n")[0] ?? command };
  return {
    seen: `${command} is not installed`,
    reason: "only a build from source needs it: apt-get install gcc libc6-dev",
  };
}

function yama(): Seen {
  const found = readPtraceScope();
  if (found === undefined) return { seen: "not in this kernel" };
  const seen = `kernel.yama.ptrace_scope is ${found.scope}`;
  if (found.remedy !== undefined) fail(seen, found.remedy);
  return { seen: `${seen}: stubs are descendants, so they may be traced` };
}

function processOne(): Seen {
  if (process.pid !== 1) return { seen: `this process is ${process.pid}` };
  return {
    seen: "this process is process 1 of its container",
    reason:
      "the kernel does not deliver SIGKILL from its stubs to it, so exit signal SIGKILL does not end it; " +
      "start the container with an init (docker run --init)",
  };
}

function injected(stub: Stub): Seen {
  const parent = stub.call("getppid");
  if (parent !== BigInt(process.pid))
    fail(
      `getppid returned ${parent}, expected ${process.pid}`,
      "stub and host must be in the same pid namespace",
    );
  stub.scrub();
  return { seen: `getppid returned ${parent}; everything except the stub code is unmapped` };
}

function memory(stub: Stub): Seen {
  const page = stub.map(4096);
  stub.write(page, Uint8Array.of(1, 2, 3));
  const back = stub.read(page, 3).join(" ");
  stub.call("munmap", page, 4096);
  if (back !== "1 2 3")
    fail(
      `wrote 1 2 3, read back ${back}`,
      "this is a bug in stublab or in the kernel; please report it",
    );
  return { seen: "written and read back" };
}

function crowd(stub: Stub): Seen {
  const stubs = Array.from({ length: CROWD }, () => stub.createStub());
  for (const one of stubs) one.close();
  const limit = softLimit("Max processes");
  const most = readIfThere("/proc/sys/kernel/pid_max");
  const all = most === undefined ? "no pid_max" : `pid_max ${most}`;
  return {
    seen: `${CROWD} stubs at once; RLIMIT_NPROC ${limit}, ${all}, ${cgroupLimit()}`,
  };
}

function cgroupLimit(): string {
  const path = /^0::(.*)$/m.exec(readIfThere("/proc/self/cgroup") ?? "")?.[1] ?? "/";
  const limit = readIfThere(`/sys/fs/cgroup${path}/pids.max`);
  return limit === undefined ? "no pids.max" : `pids.max ${limit}`;
}

/** Installs a filter that allows everything. */
function seccomp(stub: Stub): Seen {
  const { tracer } = stub;
  const page = stub.map(4096);
  const program = assembleBpf([RETURN, SECCOMP_RET_ALLOW]);
  const at = page + BigInt(FPROG_SIZE);
  stub.write(page, sockFprog(program, at));
  stub.write(at, program);
  stub.call("prctl", tracer.flag("PR_SET_NO_NEW_PRIVS"), 1, 0, 0, 0);
  stub.call("seccomp", tracer.flag("SECCOMP_SET_MODE_FILTER"), 0, page);
  stub.call("getpid");
  return { seen: "a filter was installed in a stub, which still runs" };
}

/** SIGKILL is bootstrap's default: the death of such a stub kills this process unless the tracer defuses it first. */
function fatal(tracer: Tracer): Seen {
  const stub = tracer.createStub({ exitSignal: "SIGKILL" });
  const { pid } = stub;
  stub.close();
  return { seen: `stub ${pid} with exit signal SIGKILL was ended; this process is alive` };
}

function closed(tracer: Tracer): Seen {
  tracer.close();
  return { seen: "every stub was ended; this process is alive" };
}
