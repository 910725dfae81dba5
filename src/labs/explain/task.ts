// What /proc shows of a thread to this process. Nothing here disturbs the thread: no request of ptrace, and no signal.

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { release } from "node:os";
import { basename } from "node:path";
import { type Mapping, parseMaps, readIfThere } from "../../core/stub/proc.ts";
import { codeOf } from "../../lib/folder.ts";

/** A thread that another one has to do with: a parent, a tracer. */
export interface Named {
  /** 0: a process outside of this pid namespace, or none. */
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** The file name of its program; undefined if this process may not read it. */
  readonly program?: string | undefined;
}

/** A system call as /proc/PID/syscall shows it. */
export interface Call {
  /** -1 outside of a system call. */
  readonly number: number;
  readonly words: readonly bigint[];
  /** The address of the next instruction. */
  readonly pc: bigint;
}

/** A thread. Undefined: the kernel does not have it, or this process may not read it. */
export interface Task {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** The letter of its state (proc_pid_stat(5)). */
  readonly state: string;
  readonly parent: Named;
  /** Undefined: it is not traced, or its tracer is in another pid namespace. */
  readonly tracer?: Named | undefined;
  readonly threads: readonly { readonly tid: number; readonly state: string }[];
  readonly isKernelThread: boolean;
  /** Whether this process may read what PTRACE_MODE_READ guards: without it, exit codes are 0. */
  readonly isReadable: boolean;
  /** Of the thread: of a zombie its status, of a stop what its tracer has not yet waited for. */
  readonly exitCode: number;
  /** Of the process: while all its threads are stopped, the signal; while it ends, its status. Undefined before Linux 5.17. */
  readonly groupCode?: number | undefined;
  readonly call?: Call | undefined;
  /** Whether the kernel let this process read what PTRACE_MODE_ATTACH guards: its own verdict about an attach. */
  readonly isPermitted?: boolean | undefined;
  /** The kernel's functions in which it waits, the innermost first; of /proc/PID/wchan alone without root. */
  readonly functions: readonly string[];
  readonly hasStack: boolean;
  readonly program?: string | undefined;
  readonly userNamespace?: string | undefined;
  /** How its user namespace maps ids to that of this process: other texts are of other namespaces. */
  readonly uidMap: string;
  /** Real, effective and saved. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** The owner of its files in /proc: not its effective uid if it is not dumpable. */
  readonly owner: number;
  readonly permitted: bigint;
  readonly caught: bigint;
  readonly ignored: bigint;
  readonly blocked: bigint;
  readonly label?: string | undefined;
  readonly mappings: readonly Mapping[];
}

/** PF_KTHREAD (the kernel's include/linux/sched.h). */
const KERNEL_THREAD = 0x200000;

/** Index of each field of /proc/PID/stat after the name (proc_pid_stat(5) counts from 3). */
const STAT = { state: 0, flags: 6, exitCode: 49 } as const;

const [MAJOR = 0, MINOR = 0] = release().split(".").map(Number);
/** Before, /proc/PID/stat has the exit code of the first thread alone. */
const SHOWS_GROUP = MAJOR > 5 || (MAJOR === 5 && MINOR >= 17);

/** Reads a line of /proc/PID/status. */
export function statusOf(path: string): (key: string) => string {
  const status = readIfThere(`${path}/status`) ?? "";
  return (key) => new RegExp(`^${key}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "";
}

export const numbers = (text: string): number[] => text.split(/\s+/).filter(Boolean).map(Number);
export const bits = (text: string): bigint => BigInt(`0x${text || "0"}`);

const fieldsOf = (path: string): string[] => {
  const stat = readIfThere(`${path}/stat`) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
};

export function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function namedOf(tid: number): Named {
  const status = statusOf(`/proc/${tid}`);
  return {
    pid: Number(status("Tgid")),
    tid,
    name: status("Name"),
    program: programOf(`/proc/${tid}`),
  };
}

function programOf(path: string): string | undefined {
  const link = linkOf(`${path}/exe`);
  return link === undefined ? undefined : basename(link.replace(/ \(deleted\)$/, ""));
}

/** Reads a process, or a thread by its tid; undefined if there is none. */
export function readTask(tid: number): Task | undefined {
  const status = statusOf(`/proc/${tid}`);
  const pid = Number(status("Tgid"));
  if (pid === 0) return undefined;
  const [own, whole] = [`/proc/${pid}/task/${tid}`, `/proc/${pid}`];
  const fields = fieldsOf(own);
  const flags = Number(fields[STAT.flags]);
  const tracer = Number(status("TracerPid"));
  const stack = readIfThere(`${own}/stack`);
  const wchan = readIfThere(`${own}/wchan`);
  return {
    ...{ pid, tid, name: status("Name"), state: fields[STAT.state] ?? "?" },
    parent: namedOf(Number(status("PPid"))),
    tracer: tracer === 0 ? undefined : namedOf(tracer),
    threads: threadsOf(whole),
    isKernelThread: (flags & KERNEL_THREAD) !== 0,
    isReadable: linkOf(`${own}/ns/user`) !== undefined,
    exitCode: Number(fields[STAT.exitCode] ?? 0),
    groupCode: SHOWS_GROUP ? Number(fieldsOf(whole)[STAT.exitCode] ?? 0) : undefined,
    ...callOf(own),
    functions: functionsOf(stack) ?? (wchan === undefined || wchan === "0" ? [] : [wchan]),
    hasStack: functionsOf(stack) !== undefined,
    program: programOf(own),
    userNamespace: linkOf(`${own}/ns/user`),
    uidMap: readIfThere(`${own}/uid_map`) ?? "",
    uids: numbers(status("Uid")).slice(0, 3),
    gids: numbers(status("Gid")).slice(0, 3),
    owner: statSync(`${own}/status`, { throwIfNoEntry: false })?.uid ?? 0,
    permitted: bits(status("CapPrm")),
    ...{ caught: bits(status("SigCgt")), ignored: bits(status("SigIgn")) },
    blocked: bits(status("SigBlk")),
    label: readIfThere(`${own}/attr/current`),
    mappings: parseMaps(readIfThere(`${own}/maps`) ?? ""),
  };
}

function threadsOf(whole: string): Task["threads"] {
  try {
    return readdirSync(`${whole}/task`).map((tid) => {
      const [state = "?"] = fieldsOf(`${whole}/task/${tid}`);
      return { tid: Number(tid), state };
    });
  } catch {
    return [];
  }
}

/** The text is "running", "-1 SP PC", or "NUMBER SIX WORDS SP PC". To open the file takes its owner, to read it PTRACE_MODE_ATTACH. */
function callOf(own: string): Pick<Task, "call" | "isPermitted"> {
  let text: string;
  try {
    text = readFileSync(`${own}/syscall`, "utf8");
  } catch (error) {
    return { isPermitted: codeOf(error) === "EPERM" ? false : undefined };
  }
  const [number = "", ...words] = text.trim().split(" ");
  const pc = words.at(-1);
  if (pc === undefined) return { isPermitted: true };
  const call = { number: Number(number), words: words.slice(0, -2).map(BigInt), pc: BigInt(pc) };
  return { call, isPermitted: true };
}

/** The lines are "[<0>] function.constprop.0+0x16f/0x210"; undefined if there is none. */
function functionsOf(stack: string | undefined): string[] | undefined {
  const found = [...(stack ?? "").matchAll(/\] (\w+)/g)].map(([, name = ""]) => name);
  return found.length === 0 ? undefined : found;
}
