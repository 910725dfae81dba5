// What /proc shows of a thread to this process. Nothing here disturbs the thread: no request of ptrace, and no signal.

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { release } from "node:os";
import { basename } from "node:path";
import { type Mapping, parseMaps, readIfThere } from "../../core/stub/proc.ts";

/** A thread that another one has to do with: a parent, a tracer. */
export interface Named {
  /** 0: a process outside of this pid namespace, or none. */
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** The file name of its program; null if it has none, or this process may not read it. */
  readonly program: string | null;
}

/** A system call as /proc/PID/syscall shows it: the number, -1 outside of one, and the first of its arguments. */
export interface Call {
  readonly number: number;
  readonly words: readonly bigint[];
  /** The address of the next instruction. */
  readonly pc: bigint;
}

/** One of the threads of a process. */
export interface Thread {
  readonly tid: number;
  readonly state: string;
  /** The tid of its tracer; 0 without. */
  readonly tracer: number;
}

/** A thread. Undefined: the kernel does not have it, or this process may not read it. */
export interface Task extends Named {
  /** The letter of its state (proc_pid_stat(5)). */
  readonly state: string;
  readonly parent: Named;
  /** Undefined: it is not traced, or its tracer is in another pid namespace. */
  readonly tracer: Named | undefined;
  readonly threads: readonly Thread[];
  readonly isKernelThread: boolean;
  /** Of a zombie its status; of a stop what its tracer has not yet waited for, else 0. 0 if it is not readable. */
  readonly exitCode: number;
  /** Of the process: while all its threads are stopped, the signal; while it ends, its status. Since Linux 5.17. */
  readonly groupCode: number | undefined;
  readonly call: Call | undefined;
  /** Whether the kernel let this process read what PTRACE_MODE_ATTACH guards: its own verdict about an attach. */
  readonly isPermitted: boolean | undefined;
  /** The kernel's functions in which it waits, the innermost first; without root that of /proc/PID/wchan alone. */
  readonly functions: readonly string[];
  readonly hasStack: boolean;
  /** Whether /proc/PID/syscall exists: without it the kernel's verdict is unknown. */
  readonly hasCalls: boolean;
  /** Whether an exit code of 0 means that nothing is to be reported: in gVisor, without /proc/PID/wchan, all are 0. */
  readonly hasCodes: boolean;
  /** Whether this process may read what PTRACE_MODE_READ guards: without it, exit codes are 0. */
  readonly isReadable: boolean;
  readonly userNamespace: string | undefined;
  /** How its user namespace maps ids to that of this process: other texts are of other namespaces. */
  readonly uidMap: string | undefined;
  /** Real, effective and saved. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** The owner of its files in /proc: not its effective uid if it is not dumpable. */
  readonly owner: number | undefined;
  /** Sets of capabilities, and of signals: bit n - 1 is signal n. */
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly caught: bigint;
  readonly ignored: bigint;
  /** Of a security module. */
  readonly label: string | undefined;
  readonly mappings: readonly Mapping[];
}

/** PF_KTHREAD (the kernel's include/linux/sched.h). */
const KERNEL_THREAD = 0x200000;

/** Index of each field of /proc/PID/stat after the name (proc_pid_stat(5) counts from 3). */
const STAT = { flags: 6, exitCode: 49 } as const;

const [MAJOR = 0, MINOR = 0] = release().split(".").map(Number);
/**
 * Before, /proc/PID/stat has the exit code of the first thread alone. By the release, because only a stopped process
 * shows it: a trial would have to make one, and nothing is made here.
 */
const SHOWS_GROUP = MAJOR > 5 || (MAJOR === 5 && MINOR >= 17);

/** Reads a line of /proc/PID/status. */
export function statusOf(path: string): (key: string) => string {
  const status = readIfThere(`${path}/status`) ?? "";
  return (key) => new RegExp(`^${key}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "";
}

function statOf(path: string): string[] {
  const stat = readIfThere(`${path}/stat`) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The file name in a path that /proc shows. */
export const programOf = (path: string): string => basename(path.replace(/ \(deleted\)$/, ""));

function namedOf(tid: number): Named {
  const status = statusOf(`/proc/${tid}`);
  const path = linkOf(`/proc/${tid}/exe`);
  const program = path === undefined ? null : programOf(path);
  return { pid: Number(status("Tgid")), tid, name: status("Name"), program };
}

export function nameOf({ pid, tid, name }: Named = namedOf(0)): string {
  if (pid === 0) return "none in this pid namespace";
  return `${tid === pid ? "" : `thread ${tid} of `}${pid} (${name})`;
}

/** Reads a process, or a thread by its tid; undefined if it does not exist. */
export function readTask(tid: number): Task | undefined {
  const status = statusOf(`/proc/${tid}`);
  const named = namedOf(tid);
  if (named.pid === 0) return undefined;
  const [own, whole] = [`/proc/${named.pid}/task/${tid}`, `/proc/${named.pid}`];
  const stat = statOf(own);
  // It has been reaped meanwhile.
  if (stat.length === 1) return undefined;
  const tracer = Number(status("TracerPid"));
  // A line is "[<0>] function.constprop.0+0x16f/0x210".
  const stack = [...(readIfThere(`${own}/stack`) ?? "").matchAll(/\] (\w+)/g)];
  const functions = stack.map(([, name = ""]) => name);
  const wchan = readIfThere(`${own}/wchan`);
  const namespace = linkOf(`${own}/ns/user`);
  const set = (key: string) => BigInt(`0x${status(key) || "0"}`);
  const ids = (key: string) => status(key).split("\t").slice(0, 3).map(Number);
  return {
    ...{ ...named, state: stat[0] ?? "?", parent: namedOf(Number(status("PPid"))) },
    tracer: tracer === 0 ? undefined : namedOf(tracer),
    threads: threadsOf(whole),
    isKernelThread: (Number(stat[STAT.flags]) & KERNEL_THREAD) !== 0,
    exitCode: Number(stat[STAT.exitCode] ?? 0),
    groupCode: SHOWS_GROUP ? Number(statOf(whole)[STAT.exitCode] ?? 0) : undefined,
    ...callOf(own),
    functions: stack.length > 0 ? functions : [wchan ?? ""],
    hasStack: stack.length > 0,
    isReadable: namespace !== undefined,
    hasCodes: namespace !== undefined && wchan !== undefined,
    // gVisor has another number at each path.
    userNamespace: namespace === linkOf(`${whole}/ns/user`) ? namespace : undefined,
    uidMap: readIfThere(`${own}/uid_map`),
    ...{ uids: ids("Uid"), gids: ids("Gid") },
    owner: statSync(`${own}/status`, { throwIfNoEntry: false })?.uid,
    ...{ permitted: set("CapPrm"), effective: set("CapEff") },
    ...{ caught: set("SigCgt"), ignored: set("SigIgn") },
    label: readIfThere(`${own}/attr/current`),
    mappings: parseMaps(readIfThere(`${own}/maps`) ?? ""),
  };
}

function threadsOf(whole: string): Task["threads"] {
  try {
    const tids = readdirSync(`${whole}/task`).map(Number);
    return tids.map((tid) => {
      const status = statusOf(`${whole}/task/${tid}`);
      return { tid, state: status("State").slice(0, 1), tracer: Number(status("TracerPid")) };
    });
  } catch {
    return [];
  }
}

/**
 * The text is "running", "-1 SP PC", or "NUMBER SIX WORDS SP PC". To open the file takes its owner, to read it
 * PTRACE_MODE_ATTACH.
 */
function callOf(own: string): Pick<Task, "call" | "isPermitted" | "hasCalls"> {
  try {
    const [number, ...words] = readFileSync(`${own}/syscall`, "utf8").trim().split(" ");
    const [pc, ...rest] = words.map(BigInt).reverse();
    if (pc === undefined) return { call: undefined, isPermitted: true, hasCalls: true };
    const call = { number: Number(number), words: rest.slice(1).reverse().slice(0, 3), pc };
    return { call, isPermitted: true, hasCalls: true };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const isPermitted = code === "EPERM" ? false : undefined;
    return { call: undefined, isPermitted, hasCalls: code !== "ENOENT" };
  }
}
