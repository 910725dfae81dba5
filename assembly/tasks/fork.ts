// kernel/fork.c: how a task is born.

import {
  CLONE_PARENT,
  CLONE_PTRACE,
  CLONE_THREAD,
  CLONE_UNTRACED,
  CLONE_VFORK,
} from "../linux/clone";
import { PTRACE_EVENT_CLONE, PTRACE_EVENT_FORK, PTRACE_EVENT_VFORK } from "../linux/ptrace";
import { SIGCHLD, SIGSTOP } from "../linux/signal";
import { PTRACE_EVENT_VFORK_DONE } from "./codes";
import { hasOption, link } from "./detach";
import * as k from "./kernel";
import { holds } from "./rule";
import { isFatal, recalcSigpending, setJobctl } from "./signal";
import { A_TASK, bear, births, NOBODY, nextOrder, processAt, processOf, task } from "./state";
import { ptraceEvent } from "./stop";

/** The first task: it leads a session. */
export function bearFirst(): void {
  const t = bear();
  const it = task(t);
  it.exitState = k.ALIVE;
  it.parent = u8(NOBODY);
  it.process = u8(t);
  it.exitSignal = u8(SIGCHLD);
  it.childOrder = nextOrder();
  const group = processAt(t);
  group.live = 1;
  group.quick = 1;
  group.isLeader = true;
  group.groupOrder = nextOrder();
}

/**
 * CLONE_PARENT makes a sibling of the task, with the exit signal of its process.
 * @source copy_process, kernel/fork.c, 6.12
 */
export const T60: u32 = 60;

/**
 * A new thread joins a group-stop that is in progress.
 * @source task_join_group_stop, kernel/signal.c, 6.12
 */
export const T61: u32 = 61;

/**
 * A child that is traced from its birth has the tracer of its parent, and stops first.
 * @source ptrace_init_task, include/linux/ptrace.h, 6.12
 */
export const T62: u32 = 62;

/**
 * A child that is traced from its birth has the options of its parent.
 * @source ptrace_init_task, include/linux/ptrace.h, 6.12
 */
export const T98: u32 = 98;

/**
 * A new task has no parent-death signal.
 * @source copy_process, kernel/fork.c, 6.12
 */
export const T96: u32 = 96;

/**
 * A clone is restarted after a signal that is pending.
 * @source copy_process, kernel/fork.c, 6.12
 */
export const T79: u32 = 79;

/**
 * A clone with CLONE_VFORK has an event of its own.
 * @source kernel_clone, kernel/fork.c, 6.12
 */
export const T80: u32 = 80;

/** kernel_clone, of the child whose number the action has. @return its result */
export function clone(t: u32): i32 {
  const it = task(t);
  const number: u32 = it.action.target;
  const flags = it.action.a;
  recalcSigpending(t);
  if (it.sigpending && holds(T79)) {
    it.restarts = true;
    return 0;
  }
  const isThread = (flags & CLONE_THREAD) != 0;
  const isVfork = (flags & CLONE_VFORK) != 0;
  const isSibling = isThread || ((flags & CLONE_PARENT) != 0 && holds(T60));
  let event = isThread || it.action.b != SIGCHLD ? PTRACE_EVENT_CLONE : PTRACE_EVENT_FORK;
  if (isVfork && holds(T80)) event = PTRACE_EVENT_VFORK;
  const isEvent = (flags & CLONE_UNTRACED) == 0 && hasOption(t, 1 << event);
  const child = task(number);
  child.exitState = k.ALIVE;
  child.place = k.AFTER_CALL;
  child.blocked = it.blocked;
  if (!holds(T96)) child.pdeathSignal = it.pdeathSignal;
  child.execs = it.execs;
  child.parentExecs = isSibling ? it.parentExecs : it.execs;
  child.parent = isSibling ? it.parent : u8(t);
  child.awake = true;
  child.acts = true;
  child.childOrder = nextOrder();
  if (isThread) {
    child.process = it.process;
    child.exitSignal = 0xff;
    processOf(t).live++;
    processOf(t).quick++;
  } else {
    child.process = u8(number);
    child.exitSignal = isSibling ? task(it.process).exitSignal : u8(it.action.b);
    newProcess(number, t);
  }
  if (((flags & CLONE_PTRACE) != 0 || isEvent) && it.ptrace != 0 && holds(T62)) {
    link(number, it.tracer, holds(T98) ? it.ptrace : it.ptrace & (k.PT_PTRACED | k.PT_SEIZED));
    if ((it.ptrace & k.PT_SEIZED) != 0) setJobctl(number, k.TRAP_STOP);
    else child.pending.add(SIGSTOP, 0);
  }
  if (isThread && holds(T61)) joinGroupStop(number, t);
  // calculate_sigpending, before the child returns to user mode.
  child.sigpending = true;
  if (isVfork && holds(T81)) it.vforkChild = u8(number + 1);
  const place = isVfork ? k.IN_VFORK_EVENT : k.IN_EVENT;
  if (isEvent && ptraceEvent(t, place, event, A_TASK + number)) return A_TASK + number;
  if (isVfork) awaitVfork(t);
  return A_TASK + number;
}

/**
 * CLONE_VFORK lets the parent wait until the child ends.
 * @source wait_for_vfork_done, kernel/fork.c, 6.12
 */
export const T81: u32 = 81;

/**
 * Only SIGKILL ends the wait of CLONE_VFORK.
 * @source wait_for_vfork_done, kernel/fork.c, 6.12
 */
export const T82: u32 = 82;

/**
 * The end of the wait of CLONE_VFORK is an event, with the child as its message.
 * @source kernel_clone, kernel/fork.c, 6.12
 */
export const T83: u32 = 83;

/** wait_for_vfork_done. */
export function awaitVfork(t: u32): void {
  const it = task(t);
  const isOver = it.vforkChild == 0;
  const isKilled = holds(T82) ? isFatal(t) : it.sigpending;
  it.awake = isOver || isKilled;
  it.place = it.awake ? k.AFTER_CALL : k.IN_VFORK;
  if (isKilled) it.vforkChild = 0;
  const message = A_TASK + u32(it.action.target);
  if (isOver && holds(T83)) ptraceEvent(t, k.IN_EVENT, PTRACE_EVENT_VFORK_DONE, message);
}

/** complete_vfork_done: a child has its memory no more. Returns whether its parent has waited. */
export function completeVfork(child: u32): bool {
  let isAwaited = false;
  for (let i: u32 = 0; i < births(); i++) {
    const it = task(i);
    if (it.vforkChild != child + 1) continue;
    it.vforkChild = 0;
    if (it.place != k.IN_VFORK) continue;
    it.awake = true;
    isAwaited = true;
  }
  return isAwaited;
}

function newProcess(number: u32, parent: u32): void {
  const group = processAt(number);
  const its = processOf(parent);
  group.live = 1;
  group.quick = 1;
  group.target = u8(number);
  group.ignored = its.ignored;
  group.group = its.group;
  group.session = its.session;
  group.groupOrder = nextOrder();
}

/** task_join_group_stop. */
function joinGroupStop(number: u32, creator: u32): void {
  const group = processOf(number);
  let mask = task(creator).jobctl & k.STOP_SIGMASK;
  if (group.groupStopCount > 0) {
    group.groupStopCount++;
    mask |= k.STOP_CONSUME;
  } else if ((group.flags & k.STOP_STOPPED) == 0) {
    return;
  }
  setJobctl(number, mask | k.STOP_PENDING);
}
