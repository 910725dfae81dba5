// What /proc shows of a thread. Nothing here disturbs the thread: no request of ptrace, and no signal.

import { ownerOf, readFile, readFolder, readLink } from "./host";
import {
  baseName,
  beginsWith,
  byteOf,
  endsWith,
  hexOf,
  is,
  LINE_FEED,
  lengthOf,
  lineFrom,
  lineOf,
  NONE,
  nth,
  numberOf,
  part,
  same,
  startOf,
  TAB,
  Text,
  text,
  trimmed,
  word,
} from "./text";

/** A file that is read for a moment only. */
const MOST: u32 = 6 << 20;
const SCRATCH: usize = memory.data(MOST);
/** The names of threads. */
const MOST_NAMES: u32 = 4 << 20;
const NAMES: usize = memory.data(MOST_NAMES);

/** A path, which ends with a zero; it has been written up to `pathEnd`. A cgroup's may be as long as a path can be. */
const MOST_PATH: u32 = 8192;
const path: usize = memory.data(MOST_PATH);
let pathEnd: u32 = 0;

export function beginPath(beginning: string): void {
  pathEnd = 0;
  addToPath(beginning);
}

export function addToPath(more: string): void {
  for (let i = 0; i < more.length && pathEnd < MOST_PATH - 1; i++)
    store<u8>(path + pathEnd++, u8(more.charCodeAt(i)));
}

function addText(more: Text): void {
  for (let i: u32 = 0; i < lengthOf(more) && pathEnd < MOST_PATH - 1; i++)
    store<u8>(path + pathEnd++, u8(byteOf(more, i)));
}

function addNumber(number: u32): void {
  if (number >= 10) addNumber(number / 10);
  store<u8>(path + pathEnd++, u8(0x30 + (number % 10)));
}

function endedPath(): usize {
  store<u8>(path + pathEnd, 0);
  return path;
}

/** The path "/proc/PID/NAME", or with a tid "/proc/PID/task/TID/NAME". */
function pathOf(pid: i32, tid: i32, name: string): usize {
  beginPath("/proc/");
  if (pid == 0) addToPath("self");
  else addNumber(pid);
  if (tid != 0) {
    addToPath("/task/");
    addNumber(tid);
  }
  addToPath("/");
  addToPath(name);
  return endedPath();
}

/** What was read from the last file: 0, or -errno. */
let failure: i32 = 0;

/** The text of a file, until the next is read; "" if it cannot be read. */
function look(at: usize, offset: u64 = 0, most: u32 = MOST): Text {
  const length = readFile(at, offset, SCRATCH, most);
  failure = min(length, 0);
  return length < 0 ? NONE : text(SCRATCH, length);
}

/** Up to `most` bytes of the memory of a process, until the next file is read. */
export function lookAtMemory(pid: i32, address: u64, most: u32): Text {
  return look(pathOf(pid, 0, "mem"), address, most);
}

function kept(it: Text): Text {
  const length = lengthOf(it);
  if (length == 0) return NONE;
  const at = heap.alloc(length + 1);
  memory.copy(at, startOf(it), length);
  return text(at, length);
}

/** The same, for good. */
function keep(at: usize): Text {
  return kept(trimmed(look(at)));
}

function keepLink(at: usize): Text {
  const length = readLink(at, SCRATCH, MOST);
  return length < 0 ? NONE : kept(text(SCRATCH, length));
}

/** A thread that another one has to do with: a parent, a tracer. */
export class Named {
  /** 0: a process outside of this pid namespace, or none. */
  pid: i32 = 0;
  tid: i32 = 0;
  name: Text = NONE;
  /** The letter of its state (proc_pid_stat(5)). */
  state: u32 = 0x3f;
  /** The file name of its program; NONE if it has none, or this process may not read it. */
  program: Text = NONE;
}

/** A thread. NONE, or -1: the kernel does not have it, or this process may not read it. */
export class Task extends Named {
  parent: Named = new Named();
  /** Null: it is not traced, or its tracer is in another pid namespace. */
  tracer: Named | null = null;
  /** PF_ of the kernel's include/linux/sched.h. */
  flags: u64 = 0;
  /** Of a zombie its status; of a stop what its tracer has not yet waited for, else 0. 0 if it is not readable. */
  exitCode: i32 = 0;
  /**
   * Of the process: while all its threads are stopped, and its parent has not waited for that, the signal; while it ends,
   * its status. -1: it has none, or the kernel does not show it. Kernels before 5.17 show the first thread's.
   */
  groupCode: i32 = -1;
  isDumping: bool = false;
  /** The path of the file that says that its cgroup is frozen. */
  freezer: Text = NONE;
  /** The text of /proc/PID/syscall: "NUMBER SIX WORDS SP PC", or "-1 SP PC", or "running". */
  call: Text = NONE;
  /** Whether the kernel let this process read what PTRACE_MODE_ATTACH guards: its own verdict. 1, 0, -1: unknown. */
  permitted: i32 = -1;
  /** Whether /proc/PID/syscall exists: without it the kernel's verdict is unknown. */
  hasCalls: bool = true;
  /** The kernel's functions in which it waits, a word each, the innermost first; without root that of wchan alone. */
  functions: Text = NONE;
  hasStack: bool = false;
  /** Whether an exit code of 0 means that nothing is to be reported: in gVisor, without /proc/PID/wchan, all are 0. */
  hasCodes: bool = false;
  /** Whether this process may read what PTRACE_MODE_READ guards: without it, exit codes are 0. */
  isReadable: bool = false;
  userNamespace: Text = NONE;
  /** How its user namespace maps ids to that of this process: other texts are of other namespaces. */
  uidMap: Text = NONE;
  /** Real, effective, saved and of file systems, with tabs between. */
  uids: Text = NONE;
  gids: Text = NONE;
  /** The owner of its files in /proc: not its effective uid if it is not dumpable. */
  owner: f64 = -1;
  /** Sets of capabilities, and of signals: bit n - 1 is signal n. */
  capPermitted: u64 = 0;
  capEffective: u64 = 0;
  caught: u64 = 0;
  ignored: u64 = 0;
  /** Of a security module. */
  label: Text = NONE;
}

const PF_IO_WORKER: u64 = 0x10;
const PF_KTHREAD: u64 = 0x200000;

/** Whether it executes the kernel's code of io_uring, as a thread of a process. */
export function isRingThread(task: Task): bool {
  return (task.flags & PF_IO_WORKER) != 0;
}

export function isKernelThread(task: Task): bool {
  return (task.flags & PF_KTHREAD) != 0;
}

/** One of the ids of a task: 0 real, 1 effective, 2 saved. */
export function idOf(ids: Text, n: u32): u64 {
  return numberOf(nth(ids, TAB, n));
}

/** A field of /proc/PID/stat after the name, which may have any byte (proc_pid_stat(5) counts from 3). */
function statField(stat: Text, n: u32): Text {
  let from = lengthOf(stat);
  while (from > 0 && byteOf(stat, from - 1) != 0x29) from--;
  return from == 0 ? NONE : word(part(stat, from, lengthOf(stat)), n + 1);
}

const FLAGS: u32 = 6;
const EXIT_CODE: u32 = 49;

/** The file name in a path that /proc shows. */
export function programOf(it: Text): Text {
  const isDeleted = endsWith(it, " (deleted)");
  return baseName(isDeleted ? part(it, 0, lengthOf(it) - 10) : it);
}

function fillNamed(it: Named, tid: i32): void {
  it.tid = tid;
  const status = look(pathOf(tid, 0, "status"));
  it.pid = i32(numberOf(lineOf(status, "Tgid")));
  const state = lineOf(status, "State");
  if (state != NONE) it.state = byteOf(state, 0);
  it.name = kept(lineOf(status, "Name"));
  const link = keepLink(pathOf(tid, 0, "exe"));
  if (link != NONE) it.program = programOf(link);
}

function namedOf(tid: i32): Named {
  const it = new Named();
  if (tid != 0) fillNamed(it, tid);
  return it;
}

/** The pid of this process, as its /proc has it. */
export function ownPid(): i32 {
  return i32(numberOf(lineOf(look(pathOf(0, 0, "status")), "Tgid")));
}

/** Whether this process has a seccomp filter, which may refuse ptrace. */
export function hasFilter(): bool {
  return is(lineOf(look(pathOf(0, 0, "status")), "Seccomp"), "2");
}

/** kernel.yama.ptrace_scope; NONE without Yama. */
export function yamaScope(): Text {
  beginPath("/proc/sys/kernel/yama/ptrace_scope");
  return keep(endedPath());
}

/** Reads a process, or a thread by its tid; null if it does not exist. */
export function readTask(tid: i32): Task | null {
  if (tid == 0) return null;
  const it = new Task();
  fillNamed(it, tid);
  const pid = it.pid;
  if (pid == 0) return null;
  const stat = keep(pathOf(pid, tid, "stat"));
  // It has been reaped meanwhile.
  if (statField(stat, 0) == NONE) return null;
  it.flags = numberOf(statField(stat, FLAGS));
  it.exitCode = i32(numberOf(statField(stat, EXIT_CODE)));
  readStatus(it);
  const first = numberOf(statField(keep(pathOf(pid, pid, "stat")), EXIT_CODE));
  const group = numberOf(statField(keep(pathOf(pid, 0, "stat")), EXIT_CODE));
  if (group != first) it.groupCode = i32(group);
  readCall(it);
  readFunctions(it);
  it.freezer = freezerOf(it);
  const namespace = keepLink(pathOf(pid, tid, "ns/user"));
  it.isReadable = namespace != NONE;
  it.hasCodes = it.hasCodes && it.isReadable;
  // gVisor has another number at each path.
  if (same(namespace, keepLink(pathOf(pid, 0, "ns/user")))) it.userNamespace = namespace;
  it.uidMap = keep(pathOf(pid, tid, "uid_map"));
  it.owner = ownerOf(pathOf(pid, tid, "status"));
  it.label = keep(pathOf(pid, tid, "attr/current"));
  return it;
}

function readStatus(it: Task): void {
  const status = keep(pathOf(it.tid, 0, "status"));
  it.parent = namedOf(i32(numberOf(lineOf(status, "PPid"))));
  const tracer = i32(numberOf(lineOf(status, "TracerPid")));
  if (tracer != 0) it.tracer = namedOf(tracer);
  it.isDumping = is(lineOf(status, "CoreDumping"), "1");
  it.uids = lineOf(status, "Uid");
  it.gids = lineOf(status, "Gid");
  it.capPermitted = numberOf(lineOf(status, "CapPrm"), 16);
  it.capEffective = numberOf(lineOf(status, "CapEff"), 16);
  it.caught = numberOf(lineOf(status, "SigCgt"), 16);
  it.ignored = numberOf(lineOf(status, "SigIgn"), 16);
}

const EPERM: i32 = -1;
const ENOENT: i32 = -2;

/** To open the file takes its owner, to read it PTRACE_MODE_ATTACH. */
function readCall(it: Task): void {
  const call = keep(pathOf(it.pid, it.tid, "syscall"));
  it.hasCalls = failure != ENOENT;
  it.permitted = failure == 0 ? 1 : failure == EPERM ? 0 : -1;
  if (word(call, 1) != NONE) it.call = call;
}

/** The number of its system call; -1: it is in none. */
export function callNumber(task: Task): i64 {
  const number = word(task.call, 0);
  return beginsWith(number, "-") ? -1 : i64(numberOf(number));
}

/** How many words the call shows: those of registers, of which it may use fewer. */
export function callWords(task: Task): u32 {
  return callNumber(task) < 0 ? 0 : 3;
}

export function callWord(task: Task, n: u32): u64 {
  return hexOf(word(task.call, n + 1));
}

/** The address of the next instruction. */
export function callCounter(task: Task): u64 {
  return hexOf(word(task.call, callNumber(task) < 0 ? 2 : 8));
}

function isOfName(byte: u32): bool {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5f;
}

/** A line of the stack is "[<0>] function.constprop.0+0x16f/0x210"; wchan is "function.constprop.0". */
function readFunctions(it: Task): void {
  const wchan = keep(pathOf(it.pid, it.tid, "wchan"));
  it.hasCodes = failure == 0;
  const stack = keep(pathOf(it.pid, it.tid, "stack"));
  it.hasStack = lengthOf(stack) > 0;
  const lines = it.hasStack ? stack : wchan;
  const at = heap.alloc(lengthOf(lines) + 1);
  let length: u32 = 0;
  for (let from: u32 = 0; from < lengthOf(lines); ) {
    const line = lineFrom(lines, from);
    const name = it.hasStack ? word(line, 1) : line;
    if (length > 0) store<u8>(at + length++, 0x20);
    for (let i: u32 = 0; i < lengthOf(name) && isOfName(byteOf(name, i)); i++)
      store<u8>(at + length++, u8(byteOf(name, i)));
    from += lengthOf(line) + 1;
  }
  it.functions = text(at, length);
}

// ---- cgroups ----

/** The file of its cgroup that says that it is frozen: of version 2, or of the freezer of version 1. */
function freezerOf(task: Task): Text {
  const groups = keep(pathOf(task.pid, task.tid, "cgroup"));
  const mounts = keep(pathOf(0, 0, "mounts"));
  if (isFrozen(mounts, "cgroup2", "", groups, "/cgroup.events", "frozen 1")) return pathText();
  if (isFrozen(mounts, "cgroup", "freezer", groups, "/freezer.state", "FROZEN")) return pathText();
  return NONE;
}

function pathText(): Text {
  return kept(text(path, pathEnd));
}

function hasPart(list: Text, separator: u32, one: string): bool {
  let each = nth(list, separator, 0);
  for (let n: u32 = 1; each != NONE && !is(each, one); n++) each = nth(list, separator, n);
  return each != NONE;
}

const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;

/** Whether a file of the cgroup has a line. Its path is the last one then. */
function isFrozen(
  mounts: Text,
  type: string,
  controller: string,
  groups: Text,
  file: string,
  wanted: string,
): bool {
  let found: Text = NONE;
  for (let from: u32 = 0; from < lengthOf(mounts) && found == NONE; ) {
    const line = lineFrom(mounts, from);
    const isOf = controller.length == 0 || hasPart(word(line, 3), COMMA, controller);
    if (is(word(line, 2), type) && isOf) found = word(line, 1);
    from += lengthOf(line) + 1;
  }
  if (found == NONE) return false;
  for (let from: u32 = 0; from < lengthOf(groups); ) {
    const line = lineFrom(groups, from);
    // "NUMBER:CONTROLLERS:PATH"; of version 2 it is "0::PATH".
    const head = lengthOf(nth(line, COLON, 0)) + lengthOf(nth(line, COLON, 1)) + 2;
    if (hasPart(nth(line, COLON, 1), COMMA, controller)) {
      beginPath("");
      addText(found);
      addText(part(line, head, lengthOf(line)));
      addToPath(file);
      return hasPart(look(endedPath()), LINE_FEED, wanted);
    }
    from += lengthOf(line) + 1;
  }
  return false;
}

// ---- threads ----

/** One of the threads of a process. */
@unmanaged
export class Thread {
  tid: i32;
  /** The letter of its state. */
  state: u32;
  /** The tid of its tracer; 0 without. */
  tracer: i32;
}

let threads: usize = 0;
export let threadCount: u32 = 0;

export function thread(n: u32): Thread {
  return changetype<Thread>(threads + n * offsetof<Thread>());
}

/** Reads the threads of a process. */
export function readThreads(task: Task): void {
  threadCount = 0;
  const length = readFolder(pathOf(task.pid, 0, "task"), NAMES, MOST_NAMES);
  if (length < 0) return;
  const names = text(NAMES, length);
  let count: u32 = 0;
  for (let i: u32 = 0; i < lengthOf(names); i++) count += u32(byteOf(names, i) == LINE_FEED);
  threads = heap.alloc(count * offsetof<Thread>());
  for (let from: u32 = 0; from < lengthOf(names); ) {
    const line = lineFrom(names, from);
    from += lengthOf(line) + 1;
    const it = thread(threadCount++);
    it.tid = i32(numberOf(line));
    const status = look(pathOf(task.pid, it.tid, "status"));
    const state = lineOf(status, "State");
    it.state = state == NONE ? 0 : byteOf(state, 0);
    it.tracer = i32(numberOf(lineOf(status, "TracerPid")));
  }
}

// ---- memory ----

/** The text of /proc/PID/maps, until the process is read again. */
export function readMaps(task: Task): Text {
  return keep(pathOf(task.pid, 0, "maps"));
}
