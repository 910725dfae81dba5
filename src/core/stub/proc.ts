import { existsSync, readdirSync, readFileSync } from "node:fs";
import { limitError } from "../../lib/errno.ts";
import { StateError, UnsupportedError } from "../../lib/errors.ts";
import { count } from "../../lib/shape.ts";

/** The pid or tid of a process or thread. */
export const PID = count(2 ** 31 - 1, 1);

/**
 * The text of a file in /proc.
 *
 * @throws UnsupportedError if /proc is not mounted or not readable; StateError if the process does not exist.
 */
export function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const errno = cause instanceof Error && "code" in cause ? String(cause.code) : "no errno";
    const details = { cause, errno, call: `open("${path}")` };
    if (existsSync("/proc/self/stat") && (errno === "ENOENT" || errno === "ESRCH")) {
      throw new StateError(`${path} does not exist: the process has ended`, details);
    }
    const failure = `${path} cannot be read`;
    const remedy = "mount /proc (mount -t proc proc /proc), and let this process read it";
    throw (
      limitError(failure, cause) ??
      new UnsupportedError(`${failure}: ${errno}`, { ...details, remedy })
    );
  }
}

/** One line of /proc/PID/maps. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  /** e.g. "r-xp" */
  readonly protection: string;
  /** A path, or a name such as "[stack]", or "". */
  readonly name: string;
}

/** What /proc reports of one process. Signal sets are the kernel's: bit n - 1 is signal n. */
export interface ProcessFacts {
  /** One letter, e.g. "t": stopped by its tracer. */
  readonly state: string;
  readonly parentPid: number;
  /** The thread that traces it; 0 if it is not traced. */
  readonly tracerTid: number;
  /** Its process group. */
  readonly group: number;
  readonly session: number;
  /** The foreground group of its terminal; -1 if it has none. */
  readonly foreground: number;
  readonly exitSignal: number;
  readonly blocked: bigint;
  readonly ignored: bigint;
  readonly caught: bigint;
  /** Pending signals of its main thread and of the process. */
  readonly pending: bigint;
  readonly residentBytes: number;
  /** Its memory map, without the kernel's vsyscall page, which cannot be unmapped. */
  readonly mappings: readonly Mapping[];
}

/** Index of each field of /proc/PID/stat after the command's name (proc_pid_stat(5) counts from 3). */
const STAT = {
  state: 0,
  group: 2,
  session: 3,
  foreground: 5,
  exitSignal: 35,
  exitStatus: 49,
} as const;

function statOf(task: string): string[] {
  const stat = readProc(`/proc/${task}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The status word of a zombie; undefined if it has been reaped, or the kernel does not show it. */
export function exitStatus(pid: number): number | undefined {
  const text = readIfThere(`/proc/${pid}/stat`) ?? "";
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const status = Number(fields[STAT.exitStatus]);
  return "ZX".includes(fields[STAT.state] ?? "?") && status > 0 ? status : undefined;
}

/** Whether the process does not exist or is a zombie. @throws UnsupportedError without /proc, or without descriptors */
export function hasEnded(pid: number): boolean {
  try {
    return "ZX".includes(statOf(`${pid}`)[STAT.state] ?? "");
  } catch (error) {
    if (error instanceof StateError) return true;
    throw error;
  }
}

/**
 * Reads what the kernel currently reports of a process, or of one of its threads.
 *
 * @throws StateError if there is no such process or thread; UnsupportedError without /proc.
 */
export function readProcess(pid: number, tid?: number): ProcessFacts {
  PID(pid, "pid");
  const task = tid === undefined ? `${pid}` : `${pid}/task/${tid}`;
  const fields = statOf(task);
  const status = statusLines(readProc(`/proc/${task}/status`));
  const line = (key: string) => status(key).split(/\s/)[0] || "0";
  return {
    state: fields[STAT.state] ?? "?",
    parentPid: Number(line("PPid")),
    tracerTid: Number(line("TracerPid")),
    group: Number(fields[STAT.group]),
    session: Number(fields[STAT.session]),
    foreground: Number(fields[STAT.foreground]),
    exitSignal: Number(fields[STAT.exitSignal]),
    blocked: BigInt(`0x${line("SigBlk")}`),
    ignored: BigInt(`0x${line("SigIgn")}`),
    caught: BigInt(`0x${line("SigCgt")}`),
    pending: BigInt(`0x${line("SigPnd")}`) | BigInt(`0x${line("ShdPnd")}`),
    residentBytes: Number(line("VmRSS")) * 1024,
    mappings: parseMaps(readProc(`/proc/${task}/maps`)).filter(({ name }) => name !== "[vsyscall]"),
  };
}

/**
 * Reads lines of /proc/PID/status by their keys; "" if it has no such line. Of all that ends a line elsewhere the kernel
 * escapes in the name of a process the line feed only.
 */
export function statusLines(status: string): (key: string) => string {
  const lines = status.split("\n");
  return (key) => {
    const found = lines.find((line) => line.startsWith(`${key}:`)) ?? "";
    return found.slice(key.length + 1).trim();
  };
}

/** The processors that a thread may run on, of the text of its status: from "0-3,7". */
export function allowedProcessors(status: string): number[] {
  const list = statusLines(status)("Cpus_allowed_list") || "0";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** The text of a file of /proc or /sys, trimmed; undefined if it cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Whether a process has more than one thread; false without /proc. */
export function hasThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

/**
 * The children of a thread, zombies among them; none without /proc, or if the kernel has no lists of children
 * (CONFIG_PROC_CHILDREN).
 *
 * @throws UnsupportedError if a limit, such as that of descriptors, forbids to read it
 */
export function childrenOf(tgid: number, tid: number): number[] {
  const path = `/proc/${tgid}/task/${tid}/children`;
  try {
    const list = readFileSync(path, "utf8").split(" ");
    return list.map(Number).filter((pid) => pid > 0);
  } catch (cause) {
    const error = limitError(`${path} cannot be read`, cause);
    if (error !== undefined) throw error;
    return [];
  }
}

/** Parses the text of /proc/PID/maps. */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/s.exec(line);
    if (match === null) continue;
    const [, start = "", end = "", protection = "", name = ""] = match;
    mappings.push({ start: parseInt(start, 16), end: parseInt(end, 16), protection, name });
  }
  return mappings;
}

/** CAP_SYS_PTRACE (linux/capability.h), as a set of capabilities. */
export const CAP_SYS_PTRACE = 1n << 19n;

/** What the Yama security module allows a process to trace. */
export interface PtraceScope {
  /** kernel.yama.ptrace_scope, "0" to "3". */
  readonly scope: string;
  /** What to do if it forbids tracing descendants; undefined if it permits it. */
  readonly remedy: string | undefined;
}

/** Reads kernel.yama.ptrace_scope; undefined on a kernel without Yama. */
export function readPtraceScope(): PtraceScope | undefined {
  const scope = readIfThere("/proc/sys/kernel/yama/ptrace_scope");
  return scope === undefined ? undefined : { scope, remedy: remedyOf(scope) };
}

function remedyOf(scope: string): string | undefined {
  if (scope === "3") return "no process may trace: set it to 1 and reboot";
  return scope === "2" && !mayTrace() ? "run with CAP_SYS_PTRACE, or set it to 1" : undefined;
}

/** Whether this process has CAP_SYS_PTRACE. */
function mayTrace(): boolean {
  const effective = statusLines(readIfThere("/proc/self/status") ?? "")("CapEff") || "0";
  return (BigInt(`0x${effective}`) & CAP_SYS_PTRACE) !== 0n;
}
