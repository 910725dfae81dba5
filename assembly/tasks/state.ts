// What the kernel knows about tasks, as one block of memory that can be copied and compared:
//
//     +----------+-----------------+-----------------------+
//     | counters | MOST_TASKS Task | MOST_TASKS Process    |
//     +----------+-----------------+-----------------------+
//
// A task is a thread. A process has the number of its leader, which is a task, too. Numbers are given in the order of births
// and are not used again. NOBODY stands for whatever is outside: the parent of the first task, which is also the subreaper
// that inherits orphans, ignores signals, and never waits.

import { Action } from "./actions";
import * as k from "./kernel";

export const MOST_TASKS: u32 = 6;
export const NOBODY: u32 = 0xff;

/** Signals have the numbers 1 to 23 here. */
export const SIGNALS: u32 = 24;

/** A siginfo: its si_code in the high half, then its si_status, then its sender, one more than its number; 0 for none. */
export function infoOf(code: i32, sender: u32, status: u32): u32 {
  const from = sender == NOBODY ? 0 : sender + 1;
  return (u32(code & 0xffff) << 16) | ((status & 0xff) << 8) | from;
}

/** A value that is a pid: it is above all others. */
export const A_TASK: i32 = 1 << 24;

/** Signals that are pending: struct sigpending. The siginfo of each comes after the set. */
@unmanaged
export class Queue {
  set: u32; // bit n is signal n

  has(signal: u32): bool {
    return ((this.set >> signal) & 1) != 0;
  }

  infoAt(signal: u32): usize {
    return changetype<usize>(this) + offsetof<Queue>() + sizeof<u32>() * signal;
  }

  add(signal: u32, info: u32): void {
    this.set |= 1 << signal;
    store<u32>(this.infoAt(signal), info);
  }
}
const QUEUE_SIZE: usize = offsetof<Queue>() + sizeof<u32>() * SIGNALS;

@unmanaged
export class Task {
  exitState: u8;
  place: u8;
  process: u8;
  parent: u8; // real_parent
  tracer: u8; // parent, if it is traced
  awake: bool;
  sigpending: bool; // TIF_SIGPENDING
  exiting: bool; // PF_EXITING
  isBusy: bool; // its last action has no result yet
  acts: bool; // its call is that of its action, not that in which it awaits one
  restarts: bool; // that call is restarted after signals
  isTracedAtCalls: bool; // SYSCALL_TRACE
  vforkChild: u8; // one more than the child whose end it awaits
  pdeathSignal: u8;
  exitSignal: u8; // of a thread that is not the first 0xff
  stopSignal: u8; // si_signo of last_siginfo; 0 without one
  isShared: bool; // the signal of a signal-delivery-stop was sent to the process
  starts: bool; // it is in the first call of a program that it has executed
  hasExecuted: bool; // no PF_FORKNOEXEC
  execs: u8; // self_exec_id
  parentExecs: u8; // parent_exec_id
  childOrder: u16; // in the list of its parent's children
  traceOrder: u16; // in the list of its tracer's tracees
  ptrace: u32;
  jobctl: u32;
  exitCode: u32;
  deathCode: u32; // of do_exit, which waits at its event
  message: u32; // ptrace_message
  stopInfo: u32; // last_siginfo
  blocked: u32;
  result: i32;
  status: i32; // what a wait, or GETEVENTMSG, has stored
  infoSignal: u32; // what waitid, or GETSIGINFO, has stored
  info: u32;

  /** What it does, if it is busy. */
  get action(): Action {
    return changetype<Action>(changetype<usize>(this) + offsetof<Task>());
  }

  get pending(): Queue {
    return changetype<Queue>(changetype<usize>(this.action) + offsetof<Action>());
  }

  get isTraced(): bool {
    return (this.jobctl & k.TRACED) != 0;
  }

  get isStopped(): bool {
    return (this.jobctl & k.STOPPED) != 0;
  }
}

/** struct signal_struct, and the actions of struct sighand_struct. */
@unmanaged
export class Process {
  flags: u32;
  groupExitCode: u32;
  groupStopCount: u32;
  ignored: u32; // signals whose action is SIG_IGN
  group: u8;
  session: u8;
  isLeader: bool; // of a session
  isSubreaper: bool;
  target: u8; // curr_target
  live: u8;
  quick: u8; // quick_threads
  executing: u8; // group_exec_task, one more than its number; 0: none
  groupOrder: u32; // in the list of its group's members

  get pending(): Queue {
    return changetype<Queue>(changetype<usize>(this) + offsetof<Process>());
  }
}

const TASK_SIZE: usize = offsetof<Task>() + offsetof<Action>() + QUEUE_SIZE;
const PROCESS_SIZE: usize = offsetof<Process>() + QUEUE_SIZE;
const PROCESSES: usize = sizeof<u32>() * 2 + TASK_SIZE * MOST_TASKS;
const PROGRESS: usize = PROCESSES + PROCESS_SIZE * MOST_TASKS;
export const STATE_SIZE: usize = PROGRESS + 16;

/** The state that steps change. */
export const state: usize = memory.data(i32(STATE_SIZE), 8);

/** How far the programs of a life are, and what they have noted (birth.ts). */
@unmanaged
export class Progress {
  host: u8; // the row of its program
  phase: u8; // how far it is in that
  stub: u8;
  grandchild: u8;
  left: u8; // acts of the outside
  unused: u8;
  more: u16;
  noted: u32;
}
export const progress: Progress = changetype<Progress>(state + PROGRESS);

export function task(number: u32): Task {
  return changetype<Task>(state + sizeof<u32>() * 2 + TASK_SIZE * number);
}

/**
 * A thread takes the number of its leader, which has ended. Until it has taken up its next action, what was seen of the leader's
 * last action remains.
 */
export function copyTask(leader: u32, thread: u32): void {
  const it = task(leader);
  const order = it.childOrder;
  const isBusy = it.isBusy;
  const seen = changetype<usize>(it) + offsetof<Task>("result");
  const size = offsetof<Task>() - offsetof<Task>("result");
  memory.copy(changetype<usize>(task(thread)) + offsetof<Task>("result"), seen, size);
  memory.copy(changetype<usize>(it), changetype<usize>(task(thread)), TASK_SIZE);
  it.childOrder = order;
  it.isBusy = isBusy;
  task(thread).exitState = k.GONE;
  task(thread).ptrace = 0;
}

export function processAt(number: u32): Process {
  return changetype<Process>(state + PROCESSES + PROCESS_SIZE * number);
}

export function processOf(number: u32): Process {
  return processAt(task(number).process);
}

/** How many tasks were born. */
export function births(): u32 {
  return load<u32>(state);
}

/** The number of a task that is born now. */
export function bear(): u32 {
  const number = load<u32>(state);
  store<u32>(state, number + 1);
  return number;
}

/** A place at the end of a list; those at its beginning count down from it. */
export function nextOrder(): u16 {
  const order = load<u32>(state, sizeof<u32>()) + 1;
  store<u32>(state, order, sizeof<u32>());
  return u16(order);
}

/** Places in lists as small as possible: states that differ in nothing else are one. */
export function rankOrders(): void {
  let rank: u32 = 0;
  for (let last: u32 = 0; ; last = rank) {
    // The least place above those that have their rank.
    let least: u32 = u32.MAX_VALUE;
    for (let i: u32 = 0; i < births(); i++) {
      least = above(last, task(i).childOrder, least);
      least = above(last, task(i).traceOrder, least);
      least = above(last, processAt(i).groupOrder, least);
    }
    if (least == u32.MAX_VALUE) break;
    rank++;
    for (let i: u32 = 0; i < births(); i++) {
      if (task(i).childOrder == least) task(i).childOrder = u16(rank);
      if (task(i).traceOrder == least) task(i).traceOrder = u16(rank);
      if (processAt(i).groupOrder == least) processAt(i).groupOrder = rank;
    }
  }
  store<u32>(state, rank, sizeof<u32>());
}

function above(last: u32, order: u32, least: u32): u32 {
  return order > last && order < least ? order : least;
}

/** No task is born. */
export function clearState(): void {
  memory.fill(state, 0, STATE_SIZE);
  for (let t: u32 = 0; t < MOST_TASKS; t++) task(t).exitState = k.GONE;
}

/** Whether a task has begun to live: one that is to be cloned has a number before. */
export function wasBorn(t: u32): bool {
  return t < births() && task(t).childOrder != 0;
}

export function exists(t: u32): bool {
  return t < MOST_TASKS && task(t).exitState != k.GONE;
}

/** The process of a task, also of NOBODY. */
export function leaderOf(t: u32): u32 {
  return t == NOBODY ? NOBODY : task(t).process;
}

export function isLeader(t: u32): bool {
  return task(t).process == t;
}

/** thread_group_empty: whether its process has no other thread. */
export function isAlone(t: u32): bool {
  for (let i: u32 = 0; i < births(); i++)
    if (i != t && exists(i) && task(i).process == task(t).process) return false;
  return true;
}

/** The thread after one, in a ring. */
export function nextThread(t: u32): u32 {
  let next = t;
  do next = next + 1 < births() ? next + 1 : 0;
  while (next != t && !(exists(next) && task(next).process == task(t).process));
  return next;
}

/** delay_group_leader: whether a leader still has other threads. */
export function isDelayed(t: u32): bool {
  return isLeader(t) && !isAlone(t);
}

/** ptrace_reparented: whether its tracer is another process than its parent. */
export function isReparented(t: u32): bool {
  return task(t).ptrace != 0 && leaderOf(task(t).tracer) != leaderOf(task(t).parent);
}

/** What is its parent for the kernel: its tracer, if it is traced. */
export function notifiedOf(t: u32): u32 {
  return task(t).ptrace != 0 ? task(t).tracer : task(t).parent;
}

// ---- Packed ----

/** A packed state has tasks 1 to 3, because a shell does nothing, and no siginfo: only a walk reports those. */
const FIRST_PACKED: u32 = 1;
const PACKED_TASKS: u32 = 3;
const INFOS: usize = QUEUE_SIZE - offsetof<Queue>();
const TASK_HEAD: usize = TASK_SIZE - INFOS;
const PROCESS_HEAD: usize = PROCESS_SIZE - INFOS;
const TAIL: usize = STATE_SIZE - PROGRESS;
export const PACKED_SIZE: usize = 8 + (TASK_HEAD + PROCESS_HEAD) * PACKED_TASKS + TAIL;

/** Copies the state, or what is packed, between `state` and `to`. */
export function pack(to: usize): void {
  memory.copy(to, state, 8);
  let at = to + 8;
  for (let t = FIRST_PACKED; t < FIRST_PACKED + PACKED_TASKS; t++) {
    const it = task(t);
    it.message = 0;
    it.stopInfo = 0;
    it.infoSignal = 0;
    it.info = 0;
    memory.copy(at, changetype<usize>(it), TASK_HEAD);
    memory.copy(at + TASK_HEAD, changetype<usize>(processAt(t)), PROCESS_HEAD);
    at += TASK_HEAD + PROCESS_HEAD;
  }
  memory.copy(at, state + PROGRESS, TAIL);
}

export function unpack(from: usize): void {
  memory.copy(state, from, 8);
  let at = from + 8;
  for (let t = FIRST_PACKED; t < FIRST_PACKED + PACKED_TASKS; t++) {
    memory.copy(changetype<usize>(task(t)), at, TASK_HEAD);
    memory.copy(changetype<usize>(processAt(t)), at + TASK_HEAD, PROCESS_HEAD);
    at += TASK_HEAD + PROCESS_HEAD;
  }
  memory.copy(state + PROGRESS, at, TAIL);
}
