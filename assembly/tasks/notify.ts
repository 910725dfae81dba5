// kernel/signal.c and kernel/exit.c: what is reported to a parent and to a tracer.

import { SIGCHLD, SIGCONT } from "../linux/signal";
import { __WNOTHREAD } from "../linux/wait";
import { Action, WAIT4_GROUP, WAITID_GROUP } from "./actions";
import { CLD_CONTINUED, CLD_EXITED, CLD_KILLED, CLD_TRAPPED } from "./codes";
import * as k from "./kernel";
import { holds } from "./rule";
import { bit, sendSignal } from "./signal";
import { births, exists, infoOf, leaderOf, NOBODY, notifiedOf, processOf, task } from "./state";

/** Whether a wait is for the members of a group. */
export function isForGroup(it: Action): bool {
  return it.kind == WAIT4_GROUP || it.kind == WAITID_GROUP;
}

/** eligible_pid. */
export function isEligiblePid(waiter: u32, t: u32): bool {
  const it = task(waiter).action;
  return it.target == NOBODY || it.target == (isForGroup(it) ? processOf(t).group : u8(t));
}

/**
 * A wait with __WNOTHREAD is woken by children and tracees of its own thread only.
 * @source pid_child_should_wake, kernel/exit.c, 6.12
 */
export const T16: u32 = 16;

/** __wake_up_parent: wakes the waits of a process that may be for a task. */
export function wakeWaits(t: u32, parent: u32): void {
  wakeWaitsFor(t, parent, notifiedOf(t));
}

/** The same for a task that has `notified` for its parent or tracer, but the pid of `t`. */
export function wakeWaitsFor(t: u32, parent: u32, notified: u32): void {
  for (let i: u32 = 0; i < births(); i++) {
    const it = task(i);
    if (!exists(i) || it.process != leaderOf(parent) || it.place != k.IN_WAIT) continue;
    const isOther = (it.action.a & __WNOTHREAD) != 0 && notified != i && holds(T16);
    if (isEligiblePid(i, t) && !isOther) it.awake = true;
  }
}

/** A signal of a child, which a parent that ignores it does not get. */
function sendToParent(signal: u32, info: u32, parent: u32): void {
  if (signal != 0) sendSignal(signal, info, parent, true);
}

/** ignoring_children, kernel/ptrace.c. */
export function ignoresChildren(parent: u32): bool {
  return (processOf(parent).ignored & bit(SIGCHLD)) != 0;
}

/**
 * A tracer gets SIGCHLD at each stop of its tracee.
 * @source do_notify_parent_cldstop, kernel/signal.c, 6.12
 */
export const T17: u32 = 17;

/**
 * A parent gets SIGCHLD when its child has stopped or continues.
 * @source do_notify_parent_cldstop, kernel/signal.c, 6.12
 */
export const T18: u32 = 18;

/**
 * A parent that ignores SIGCHLD gets no SIGCHLD for stops, but its waits are woken.
 * @source do_notify_parent_cldstop, kernel/signal.c, 6.12
 */
export const T19: u32 = 19;

/** do_notify_parent_cldstop: of a thread to its tracer, or of its process to its parent. */
export function notifyStop(thread: u32, isForTracer: bool, why: i32): void {
  const t: u32 = isForTracer ? thread : task(thread).process;
  const parent: u32 = isForTracer ? notifiedOf(t) : task(t).parent;
  if (parent == NOBODY) return;
  const status: u32 =
    why == CLD_CONTINUED
      ? SIGCONT
      : (why == CLD_TRAPPED ? task(t).exitCode : processOf(t).groupExitCode) & 0x7f;
  if ((!ignoresChildren(parent) || !holds(T19)) && holds(isForTracer ? T17 : T18))
    sendToParent(SIGCHLD, infoOf(why, t, status), parent);
  wakeWaits(t, parent);
}

/**
 * A parent that ignores SIGCHLD has no zombies of children with this exit signal.
 * @source do_notify_parent, kernel/signal.c, 6.12
 */
export const T20: u32 = 20;

/**
 * The exit signal of a child is sent to its parent when it ends, SIGKILL too.
 * @source do_notify_parent, kernel/signal.c, 6.12
 */
export const T21: u32 = 21;

/**
 * The end of a child whose parent has executed a program since its birth is reported with SIGCHLD.
 * @source do_notify_parent, kernel/signal.c, 6.12
 */
export const T92: u32 = 92;

/**
 * SIGCHLD of a child that a signal has ended has the code CLD_KILLED.
 * @source do_notify_parent, kernel/signal.c, 6.12
 */
export const T99: u32 = 99;

/** do_notify_parent, of a task that has ended. Returns whether nobody has to reap it. */
export function notifyEnd(t: u32, exitSignal: u32): bool {
  const it = task(t);
  const parent = notifiedOf(t);
  if (parent == NOBODY) return false;
  const signal = it.exitCode & 0x7f;
  const code = signal != 0 && holds(T99) ? CLD_KILLED : CLD_EXITED;
  const info = infoOf(code, t, signal != 0 ? signal : it.exitCode >> 8);
  let sent = it.parentExecs != task(parent).execs && holds(T92) ? SIGCHLD : exitSignal;
  let isReaped = false;
  if (it.ptrace == 0 && sent == SIGCHLD && ignoresChildren(parent) && holds(T20)) {
    isReaped = true;
    sent = 0;
  }
  if (holds(T21)) sendToParent(sent, info, parent);
  wakeWaits(t, parent);
  return isReaped;
}
