import { spawnSync } from "node:child_process";
import { release, type } from "node:os";
import { assembleBpf, FPROG_SIZE, RETURN, SECCOMP_RET_ALLOW, sockFprog } from "../bpf/program.ts";
import { ENCODERS, openEncoder } from "../encoder/open.ts";
import { hex, StublabError } from "../errors.ts";
import { loadShim } from "../shim/shim.ts";
import { readIfThere } from "../stub/proc.ts";
import type { Stub } from "../stub/stub.ts";
import { Tracer } from "../stub/tracer.ts";
import { readPtraceScope } from "../stub/yama.ts";
import { type Command, parseOptions } from "./command.ts";
import { LIMIT_TRIALS, softLimit } from "./doctor_limits.ts";
import { attempt, type Finding, type Seen, tryCommands } from "./doctor_trials.ts";
import { paint, printJson, tell } from "./report.ts";

const help = `usage: stublab doctor [options]

Checks what stublab needs: to load its libraries, fork a stub, attach to it, inject system calls, clone many stubs,
and install a seccomp filter. Then it checks what single commands need beyond that. For each failure it suggests a
remedy.

  --json   print one document, "stublab.doctor/1"

Exit status: 0 if bootstrap and inject work, even if a warning names other commands that do not; else 3.
`;

const OPTIONS = { json: { type: "boolean", default: false } } as const;

/** How many stubs the check of the process limits keeps alive at once. */
const CROWD = 32;

async function run(args: readonly string[]): Promise<number> {
  const values = parseOptions(args, OPTIONS);
  const findings = await diagnose();
  if (values.json) printJson("stublab.doctor/1", { checks: findings });
  else tell(`${findings.map(findingText).join("\n")}\n`);
  return findings.some(({ status }) => status === "failed") ? 3 : 0;
}

async function diagnose(): Promise<Finding[]> {
  const stubs = tryStub();
  const works = stubs.every(({ status }) => status !== "failed");
  return [
    attempt("node", node),
    attempt("kernel", () => ({ detail: `${type()} ${release()}` })),
    attempt("C library", cLibrary),
    attempt("koffi and shim", () => ({ detail: `loaded in thread ${loadShim().gettid()}` })),
    attempt("encoders", encoders),
    attempt("C compiler", compiler),
    attempt("yama", yama),
    attempt("process 1", processOne),
    ...LIMIT_TRIALS.map(([name, trial]) => attempt(name, trial)),
    ...stubs,
    ...(works ? await tryCommands() : []),
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
    return { detail: describe(made) };
  });
  return [finding, made];
}

function findingText({ name, status, detail, remedy }: Finding): string {
  const mark = {
    ok: paint("green", "ok     "),
    warning: paint("yellow", "warning"),
    failed: paint("red", "FAILED "),
  }[status];
  return `${mark} ${name.padEnd(16)} ${detail}${remedy === null ? "" : `\n${" ".repeat(25)}${remedy}`}`;
}

function fail(detail: string, remedy: string): never {
  throw new StublabError(detail, { code: "ERR_STUBLAB_DOCTOR", remedy });
}

function node(): Seen {
  const detail = `${process.version} on ${process.platform} ${process.arch}`;
  // Node.js 20.4 is the first version with Symbol.dispose.
  if (Symbol.dispose === undefined) fail(detail, "stublab needs Node.js 20.4 or later");
  return { detail };
}

function cLibrary(): Seen {
  const report: unknown = process.report?.getReport();
  const version = /"glibcVersionRuntime":"([^"]+)"/.exec(JSON.stringify(report))?.[1];
  return {
    detail: version === undefined ? "musl, or another that reports no version" : `glibc ${version}`,
  };
}

function encoders(): Seen {
  const sizes = ENCODERS.map((name) => `${name} (${openEncoder(name).constants.size} constants)`);
  return { detail: sizes.join(", ") };
}

function compiler(): Seen {
  const command = process.env.CC || "cc";
  const { stdout, status, error } = spawnSync(command, ["--version"], { encoding: "utf8" });
  if (error !== undefined && !("code" in error && error.code === "ENOENT")) throw error;
  if (status === 0) return { detail: stdout.split("\n")[0] ?? command };
  return {
    detail: `${command} is not installed`,
    warning: "only a build from source needs it: apt-get install gcc libc6-dev",
  };
}

function yama(): Seen {
  const found = readPtraceScope();
  if (found === undefined) return { detail: "not in this kernel" };
  const detail = `kernel.yama.ptrace_scope is ${found.scope}`;
  if (found.remedy !== undefined) fail(detail, found.remedy);
  return { detail: `${detail}: stubs are descendants, so they may be traced` };
}

function processOne(): Seen {
  if (process.pid !== 1) return { detail: `this process is ${process.pid}` };
  return {
    detail: "this process is process 1 of its container",
    warning:
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
  return { detail: `getppid returned ${parent}; everything except the stub code is unmapped` };
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
  return { detail: "written and read back" };
}

function crowd(stub: Stub): Seen {
  const stubs = Array.from({ length: CROWD }, () => stub.createStub());
  for (const one of stubs) one.close();
  const limit = softLimit("Max processes");
  const most = readIfThere("/proc/sys/kernel/pid_max");
  const all = most === undefined ? "no pid_max" : `pid_max ${most}`;
  return {
    detail: `${CROWD} stubs at once; RLIMIT_NPROC ${limit}, ${all}, ${cgroupLimit()}`,
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
  return { detail: "a filter was installed in a stub, which still runs" };
}

/** SIGKILL is bootstrap's default: the death of such a stub kills this process unless the tracer defuses it first. */
function fatal(tracer: Tracer): Seen {
  const stub = tracer.createStub({ exitSignal: "SIGKILL" });
  const { pid } = stub;
  stub.close();
  return { detail: `stub ${pid} with exit signal SIGKILL was ended; this process is alive` };
}

function closed(tracer: Tracer): Seen {
  tracer.close();
  return { detail: "every stub was ended; this process is alive" };
}

export const doctorCommand: Command = { help, run };
