// What /proc shows of a thread. Nothing here disturbs the thread: no request of ptrace, and no signal.

import { field, link, list, look, ownerOf, read, seen } from "./files";
import { freezerOf } from "./freezer";
import { word } from "./text";

/** A thread: that which is explained, its tracer, its parent, or another of its process. */
export class Thread {
  /** 0: a process outside of this pid namespace, or none. */
  pid: i32 = 0;
  name: string = "";
  /** The letter of its state (proc_pid_stat(5)). */
  state: string = "?";
  /** 0: it is not traced, or its tracer is in another pid namespace. */
  tracerId: i32 = 0;

  /** Reads it. Its status is the file that was read last then. */
  constructor(
    public tid: i32,
    folder: string = `/proc/${tid}`,
  ) {
    if (tid != 0 && look(`${folder}/status`) == 0) {
      this.pid = I32.parseInt(field("Tgid"));
      this.name = field("Name");
      this.state = field("State").charAt(0);
      this.tracerId = I32.parseInt(field("TracerPid"));
    }
  }

  /** The file name of its program; "" if it has none, or this process may not read it. */
  get program(): string {
    return this.tid == 0 ? "" : programOf(link(`/proc/${this.tid}/exe`));
  }
}

/** The file name in a path that /proc shows. */
export function programOf(path: string): string {
  const isDeleted = path.endsWith(" (deleted)");
  return path.slice(path.lastIndexOf("/") + 1, isDeleted ? -10 : path.length);
}

/** The thread that is explained, or this process. "" or -1: the kernel does not have it, or this process may not read it. */
export class Task extends Thread {
  tracer: Thread | null = null;
  parent: Thread = new Thread(0);
  /** All of the process. */
  threads: Thread[] = [];
  isDumping: bool = false;
  /** Real, effective, saved and of file systems. */
  uids: string[] = [];
  gids: string[] = [];
  /** Sets of capabilities, and of signals: bit n - 1 is signal n. */
  capPermitted: u64 = 0;
  capEffective: u64 = 0;
  caught: u64 = 0;
  ignored: u64 = 0;
  /** PF_ of the kernel's include/linux/sched.h. */
  flags: u64 = 0;
  /** Of a zombie its status; of a stop what its tracer has not yet waited for, else 0. 0 if it is not readable. */
  exitCode: i32 = 0;
  /**
   * Of the process: while all its threads are stopped, and its parent has not waited for that, the signal; while it ends,
   * its status. -1: it has none, or the kernel does not show it. Kernels before 5.17 show the first thread's.
   */
  groupCode: i32 = -1;
  /** The path of the file that says that its cgroup is frozen. */
  freezer: string = "";
  /** The text of /proc/PID/syscall: "NUMBER SIX WORDS SP PC", or "-1 SP PC". */
  call: string = "";
  /** Whether the kernel let this process read what PTRACE_MODE_ATTACH guards: its own verdict. 1, 0, -1: unknown. */
  permitted: i32 = -1;
  /** Whether /proc/PID/syscall exists: without it the kernel's verdict is unknown. */
  hasCalls: bool = true;
  /** The kernel's functions in which it waits, the innermost first; without root that of wchan alone. */
  functions: string[] = [];
  hasStack: bool = false;
  /** Whether an exit code of 0 means that nothing is to be reported: in gVisor, without /proc/PID/wchan, all are 0. */
  hasCodes: bool = false;
  /** Whether this process may read what PTRACE_MODE_READ guards: without it, exit codes are 0. */
  isReadable: bool = false;
  userNamespace: string = "";
  /** How its user namespace maps ids to that of this process: other texts are of other namespaces. */
  uidMap: string = "";
  /** The owner of its files in /proc: not its effective uid if it is not dumpable. */
  owner: f64 = -1;
  /** Of a security module. */
  label: string = "";

  /** Whether it executes the kernel's code of io_uring, as a thread of a process. */
  get isRingThread(): bool {
    return (this.flags & PF_IO_WORKER) != 0;
  }

  get isKernelThread(): bool {
    return (this.flags & PF_KTHREAD) != 0;
  }

  /** The number of its system call; -1 if it is not in one. */
  get callNumber(): i64 {
    return I64.parseInt(this.call);
  }

  callWord(n: i32): u64 {
    return U64.parseInt(word(this.call, n + 1), 16);
  }

  /** The address of the next instruction. */
  get callCounter(): u64 {
    return this.callWord(this.callNumber < 0 ? 1 : 7);
  }
}

const PF_IO_WORKER: u64 = 0x10;
const PF_KTHREAD: u64 = 0x200000;

/** The pid of this process, as its /proc has it. */
export function ownPid(): i32 {
  look("/proc/self/status");
  return I32.parseInt(field("Tgid"));
}

/** Whether this process has a seccomp filter, which may refuse ptrace. */
export function hasFilter(): bool {
  look("/proc/self/status");
  return field("Seccomp") == "2";
}

/** Reads a process, or a thread by its tid; null if it does not exist. */
export function readTask(tid: i32): Task | null {
  const it = new Task(tid);
  if (it.pid == 0) return null;
  readStatus(it);
  const process = `/proc/${it.pid}`;
  const folder = `${process}/task/${tid}`;
  const stat = statOf(folder);
  // It has been reaped meanwhile.
  if (stat == "") return null;
  it.flags = U64.parseInt(word(stat, FLAGS));
  it.exitCode = exitCodeOf(stat);
  const group = exitCodeOf(statOf(process));
  if (group != exitCodeOf(statOf(`${process}/task/${it.pid}`))) it.groupCode = group;
  readCall(it, `${folder}/syscall`);
  readFunctions(it, folder);
  it.freezer = freezerOf(read(`${folder}/cgroup`));
  const namespace = link(`${folder}/ns/user`);
  it.isReadable = namespace != "";
  it.hasCodes = it.hasCodes && it.isReadable;
  // gVisor has another number at each path.
  if (namespace == link(`${process}/ns/user`)) it.userNamespace = namespace;
  it.uidMap = read(`${folder}/uid_map`);
  it.owner = ownerOf(`${folder}/status`);
  it.label = read(`${folder}/attr/current`);
  return it;
}

/** Takes the status that was read last. */
function readStatus(it: Task): void {
  it.isDumping = field("CoreDumping") == "1";
  it.uids = idsOf("Uid");
  it.gids = idsOf("Gid");
  it.capPermitted = setOf("CapPrm");
  it.capEffective = setOf("CapEff");
  it.caught = setOf("SigCgt");
  it.ignored = setOf("SigIgn");
  it.parent = new Thread(I32.parseInt(field("PPid")));
  if (it.tracerId != 0) it.tracer = new Thread(it.tracerId);
}

/** gVisor shows none. */
function idsOf(key: string): string[] {
  const ids = field(key);
  return (ids == "" ? "0\t0\t0" : ids).split("\t");
}

function setOf(key: string): u64 {
  return U64.parseInt(field(key), 16);
}

/** Fields of a folder's stat after the name, which may have any byte: proc_pid_stat(5) counts from 3. */
function statOf(folder: string): string {
  const stat = read(`${folder}/stat`);
  const end = stat.lastIndexOf(")");
  return end < 0 ? "" : stat.slice(end + 2);
}

const FLAGS: i32 = 6;
const EXIT_CODE: i32 = 49;

function exitCodeOf(stat: string): i32 {
  return I32.parseInt(word(stat, EXIT_CODE));
}

const EPERM: i32 = -1;
const ENOENT: i32 = -2;

/** To open the file takes its owner, to read it PTRACE_MODE_ATTACH. */
function readCall(it: Task, path: string): void {
  const failure = look(path);
  it.hasCalls = failure != ENOENT;
  it.permitted = failure == 0 ? 1 : failure == EPERM ? 0 : -1;
  const call = seen();
  if (call.includes(" ")) it.call = call;
}

/** A line of the stack is "[<0>] function.constprop.0+0x16f/0x210"; wchan is "function.constprop.0". */
function readFunctions(it: Task, folder: string): void {
  it.hasCodes = look(`${folder}/wchan`) == 0;
  const wchan = seen();
  const stack = read(`${folder}/stack`);
  it.hasStack = stack != "";
  const lines = (it.hasStack ? stack : wchan).split("\n");
  for (let n = 0; n < lines.length; n++)
    it.functions.push(functionIn(it.hasStack ? word(lines[n], 1) : lines[n]));
}

/** The function that a text begins with. */
function functionIn(it: string): string {
  let length = 0;
  while (length < it.length && isOfName(it.charCodeAt(length))) length++;
  return it.slice(0, length);
}

function isOfName(unit: i32): bool {
  const letter = unit | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit == 0x5f;
}

/** Reads the threads of its process. */
export function readThreads(task: Task): void {
  const folder = `/proc/${task.pid}/task`;
  const names = list(folder);
  for (let n = 0; n < names.length; n++)
    task.threads.push(new Thread(I32.parseInt(names[n]), `${folder}/${names[n]}`));
}
