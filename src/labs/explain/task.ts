// What /proc shows of a thread to this process. Nothing here disturbs the thread: no request of ptrace, and no signal.

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import { type Mapping, parseMaps, readIfThere, statusLines } from "../../core/stub/proc.ts";
import { visible } from "../../lib/visible.ts";

/** A thread that another one has to do with: a parent, a tracer. */
export interface Named {
  /** 0: a process outside of this pid namespace, or none. */
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** The letter of its state (proc_pid_stat(5)). */
  readonly state: string;
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
  readonly parent: Named;
  /** Undefined: it is not traced, or its tracer is in another pid namespace. */
  readonly tracer: Named | undefined;
  readonly threads: readonly Thread[];
  readonly isKernelThread: boolean;
  readonly isRingThread: boolean;
  /** Of a zombie its status; of a stop what its tracer has not yet waited for, else 0. 0 if it is not readable. */
  readonly exitCode: number;
  /**
   * Of the process: while all its threads are stopped, and its parent has not waited for that, the signal; while it ends,
   * its status. Undefined: it has none, or the kernel does not show it. Kernels before 5.17 show the first thread's.
   */
  readonly groupCode: number | undefined;
  readonly isDumping: boolean;
  /** The file that says that its cgroup is frozen. */
  readonly freezer: string | undefined;
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
/** PF_IO_WORKER: a thread of a process that executes the kernel's code of io_uring. */
const RING_THREAD = 0x10;

/** Index of each field of /proc/PID/stat after the name (proc_pid_stat(5) counts from 3). */
const STAT = { flags: 6, exitCode: 49 } as const;

/** Reads lines of /proc/PID/status. */
export const statusOf = (path: string) => statusLines(readIfThere(`${path}/status`) ?? "");

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
  const state = status("State").slice(0, 1);
  return { pid: Number(status("Tgid")), tid, name: status("Name"), state, program };
}

export function nameOf({ pid, tid, name }: Named = namedOf(0)): string {
  if (pid === 0) return "none in this pid namespace";
  return `${tid === pid ? "" : `thread ${tid} of `}${pid} (${visible(name)})`;
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
  const [group, leader] = [whole, `${whole}/task/${named.pid}`].map(
    (path) => statOf(path)[STAT.exitCode],
  );
  const set = (key: string) => BigInt(`0x${status(key) || "0"}`);
  const ids = (key: string) => status(key).split("\t").slice(0, 3).map(Number);
  return {
    ...{ ...named, parent: namedOf(Number(status("PPid"))) },
    tracer: tracer === 0 ? undefined : namedOf(tracer),
    threads: threadsOf(whole),
    isRingThread: (Number(stat[STAT.flags]) & RING_THREAD) !== 0,
    isKernelThread: (Number(stat[STAT.flags]) & KERNEL_THREAD) !== 0,
    exitCode: Number(stat[STAT.exitCode] ?? 0),
    groupCode: group === leader ? undefined : Number(group ?? 0),
    isDumping: status("CoreDumping") === "1",
    freezer: freezerOf(own),
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

/** The file of its cgroup that says that it is frozen: of version 2, or of the freezer of version 1. */
function freezerOf(own: string): string | undefined {
  const groups = (readIfThere(`${own}/cgroup`) ?? "").split("\n").map((line) => line.split(":"));
  const mounts = (readIfThere("/proc/self/mounts") ?? "").split("\n").map((it) => it.split(" "));
  const fileOf = (type: string, controller: string, file: string) => {
    const mount = mounts.find(
      (it) => it[2] === type && it[3]?.split(",").includes(controller || "rw"),
    );
    const [, , ...path] = groups.find(([, names]) => names?.split(",").includes(controller)) ?? [];
    return mount === undefined ? "" : `${mount[1]}${path.join(":")}/${file}`;
  };
  const [events, state] = [
    fileOf("cgroup2", "", "cgroup.events"),
    fileOf("cgroup", "freezer", "freezer.state"),
  ];
  if (/frozen 1/.test(readIfThere(events) ?? "")) return events;
  return readIfThere(state) === "FROZEN" ? state : undefined;
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
