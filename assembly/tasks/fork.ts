// kernel/fork.c: how a task is born.

import { CLONE_PARENT, CLONE_PTRACE, CLONE_THREAD, CLONE_UNTRACED } from "../linux/clone";
import {
  PTRACE_EVENT_CLONE,
  PTRACE_EVENT_FORK,
  PTRACE_O_TRACECLONE,
  PTRACE_O_TRACEFORK,
} from "../linux/ptrace";
import { SIGCHLD, SIGSTOP, SIGTRAP } from "../linux/signal";
import { CLD_TRAPPED } from "./codes";
import { hasOption, link } from "./detach";
import * as k from "./kernel";
import { holds } from "./rule";
import { setJobctl } from "./signal";
import { A_TASK, bear, NOBODY, nextOrder, processAt, processOf, task } from "./state";
import { ptraceNotify } from "./stop";

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
 * A child that is traced from its birth has the tracer and the options of its parent, and stops first.
 * @source ptrace_init_task, include/linux/ptrace.h, 6.12
 */
export const T62: u32 = 62;

/** kernel_clone. */
export function clone(t: u32, flags: u32, exitSignal: u32): void {
  const it = task(t);
  const isThread = (flags & CLONE_THREAD) != 0;
  const isSibling = isThread || ((flags & CLONE_PARENT) != 0 && holds(T60));
  const asks = isThread || exitSignal != SIGCHLD;
  const event = asks ? PTRACE_EVENT_CLONE : PTRACE_EVENT_FORK;
  const option = asks ? PTRACE_O_TRACECLONE : PTRACE_O_TRACEFORK;
  const isEvent = (flags & CLONE_UNTRACED) == 0 && hasOption(t, option);
  const number = bear();
  const child = task(number);
  child.exitState = k.ALIVE;
  child.place = k.AT_REST;
  child.blocked = it.blocked;
  child.parent = isSibling ? it.parent : u8(t);
  child.awake = true;
  child.isBusy = true;
  child.childOrder = nextOrder();
  if (isThread) {
    child.process = it.process;
    child.exitSignal = 0xff;
    processOf(t).live++;
    processOf(t).quick++;
  } else {
    child.process = u8(number);
    child.exitSignal = isSibling ? task(it.process).exitSignal : u8(exitSignal);
    newProcess(number, t);
  }
  if (((flags & CLONE_PTRACE) != 0 || isEvent) && it.ptrace != 0 && holds(T62)) {
    link(number, it.tracer, it.ptrace);
    if ((it.ptrace & k.PT_SEIZED) != 0) setJobctl(number, k.TRAP_STOP);
    else child.pending.add(SIGSTOP, 0);
  }
  if (isThread && holds(T61)) joinGroupStop(number, t);
  // calculate_sigpending, before the child returns to user mode.
  child.sigpending = true;
  it.result = A_TASK + number;
  if (isEvent) ptraceNotify(t, k.IN_EVENT, SIGTRAP | (event << 8), CLD_TRAPPED, A_TASK + number);
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
