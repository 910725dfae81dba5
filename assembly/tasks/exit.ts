// kernel/exit.c: how a task ends, and who inherits its children.

import { PTRACE_EVENT_EXIT } from "../linux/ptrace";
import { SI_USER } from "../linux/siginfo";
import { SIGCHLD } from "../linux/signal";
import { CLD_STOPPED } from "./codes";
import { exitPtrace, unlink } from "./detach";
import { completeVfork } from "./fork";
import { killOrphanedGroup } from "./group";
import * as k from "./kernel";
import { notifyEnd, notifyStop } from "./notify";
import { holds } from "./rule";
import { clearJobctl, KILL, retarget, sendSignal, signalWakeUp, T13 } from "./signal";
import {
  births,
  exists,
  infoOf,
  isAlone,
  isLeader,
  isReparented,
  leaderOf,
  MOST_TASKS,
  NOBODY,
  nextOrder,
  nextThread,
  processAt,
  processOf,
  task,
} from "./state";
import { participate, ptraceEvent } from "./stop";

/**
 * A process that ends has the status of the first exit of all its threads, or of the signal.
 * @source do_group_exit, kernel/exit.c, 6.12
 */
export const T40: u32 = 40;

/** do_group_exit. */
export function endGroup(t: u32, code: u32): i32 {
  const group = processOf(t);
  let common = code;
  if ((group.flags & k.GROUP_EXIT) != 0) {
    if (holds(T40)) common = group.groupExitCode;
  } else if (group.executing != 0) {
    common = 0;
  } else if (holds(T13) && (holds(T41) || !isAlone(t))) {
    group.flags = k.GROUP_EXIT;
    group.groupExitCode = code;
    zapOtherThreads(t);
  }
  return doExit(t, common);
}

/** zap_other_threads. */
export function zapOtherThreads(t: u32): void {
  processOf(t).groupStopCount = 0;
  clearJobctl(t, k.PENDING_MASK);
  for (let i = nextThread(t); i != t; i = nextThread(i)) {
    clearJobctl(i, k.PENDING_MASK);
    if (task(i).exitState != 0) continue;
    task(i).pending.set |= KILL;
    signalWakeUp(i, true);
  }
}

/**
 * The exit of the last thread is that of the process: then it gets no further signal.
 * @source synchronize_group_exit, kernel/exit.c, 6.12
 */
export const T41: u32 = 41;

/**
 * PTRACE_O_TRACEEXIT stops a tracee before its end.
 * @source do_exit, kernel/exit.c, 6.12
 */
export const T42: u32 = 42;

/**
 * The message of PTRACE_EVENT_EXIT is the status word of the exit.
 * @source do_exit, kernel/exit.c, 6.12
 */
export const T97: u32 = 97;

/** do_exit. */
export function doExit(t: u32, code: u32): i32 {
  const it = task(t);
  const group = processOf(t);
  group.quick--;
  if (group.quick == 0 && (group.flags & k.GROUP_EXIT) == 0 && holds(T41)) {
    group.flags = k.GROUP_EXIT;
    group.groupExitCode = code;
    group.groupStopCount = 0;
  }
  it.deathCode = code;
  const message = holds(T97) ? code : code >> 8;
  if (!(holds(T42) && ptraceEvent(t, k.IN_EXIT_EVENT, PTRACE_EVENT_EXIT, message))) exitNow(t);
  return 0;
}

/**
 * A thread that ends takes part in a group-stop that is pending for it.
 * @source exit_signals, kernel/signal.c, 6.12
 */
export const T43: u32 = 43;

/**
 * A thread that ends leaves signals that it would take to other threads.
 * @source exit_signals, retarget_shared_pending, kernel/signal.c, 6.12
 */
export const T90: u32 = 90;

/** exit_signals. */
function exitSignals(t: u32): void {
  const it = task(t);
  it.exiting = true;
  if (isAlone(t) || (processOf(t).flags & k.GROUP_EXIT) != 0) return;
  if (!it.sigpending) return;
  if (holds(T90)) retarget(t, ~it.blocked);
  if ((it.jobctl & k.STOP_PENDING) == 0 || !holds(T43)) return;
  if (participate(t)) notifyStop(t, false, CLD_STOPPED);
}

/** do_exit after its event. */
export function exitNow(t: u32): void {
  const it = task(t);
  exitSignals(t);
  it.place = k.IN_EXIT;
  // A parent that awaits this may run before the rest.
  it.awake = completeVfork(t);
  if (!it.awake) exitRest(t);
}

/** What follows exit_mm. */
export function exitRest(t: u32): void {
  const it = task(t);
  const group = processOf(t);
  group.live--;
  it.exitCode = it.deathCode;
  exitNotify(t, group.live == 0);
}

/**
 * A thread that ends and is not traced needs nobody to reap it.
 * @source exit_notify, kernel/exit.c, 6.12
 */
export const T44: u32 = 44;

/**
 * The end of a process is reported when its last thread has ended.
 * @source exit_notify, delay_group_leader, kernel/exit.c, 6.12
 */
export const T45: u32 = 45;

/**
 * The end of a tracee is reported to its tracer, with SIGCHLD unless the tracer is its parent.
 * @source exit_notify, kernel/exit.c, 6.12
 */
export const T46: u32 = 46;

/**
 * Signals that are pending for a thread are gone with its end.
 * @source exit_notify, kernel/exit.c, 6.18
 */
export const T71: u32 = 71;

function exitNotify(t: u32, isLast: bool): void {
  const it = task(t);
  forgetOriginalParent(t);
  if (isLast) killOrphanedGroup(it.process, NOBODY);
  it.exitState = k.ZOMBIE;
  it.awake = false;
  if (holds(T71)) it.pending.set = 0;
  let isReaped = false;
  if (it.ptrace != 0) {
    const isOwn = isLeader(t) && isAlone(t) && !isReparented(t);
    isReaped = holds(T46) && notifyEnd(t, isOwn ? it.exitSignal : SIGCHLD);
  } else if (isLeader(t)) {
    isReaped = (isAlone(t) || !holds(T45)) && notifyEnd(t, it.exitSignal);
  } else {
    isReaped = holds(T44);
  }
  if (isReaped) it.exitState = k.DEAD;
  // Those that were found dead on the way are released last.
  if (isReaped) release(t);
  for (let i: u32 = 0; i < births(); i++) if (task(i).exitState == k.DEAD) release(i);
  wakeExec(it.process);
}

/** Wakes the thread that awaits the end of others. */
function wakeExec(process: u32): void {
  const executing = processAt(process).executing;
  if (executing != 0 && task(executing - 1).place == k.IN_EXEC) task(executing - 1).awake = true;
}

/**
 * The end of a process is reported with its status, also if its leader has ended with another one before.
 * @source release_task, kernel/exit.c, 6.18
 */
export const T94: u32 = 94;

/** release_task, and that of a leader whose last thread it was. */
export function release(t: u32): void {
  const it = task(t);
  if (it.ptrace != 0) unlink(t);
  const group = processOf(t);
  if (group.target == t) group.target = u8(nextThread(t));
  it.exitState = k.GONE;
  const leader: u32 = it.process;
  wakeExec(leader);
  if (leader == t || !isAlone(leader) || task(leader).exitState != k.ZOMBIE) return;
  if ((group.flags & k.GROUP_EXIT) != 0 && holds(T94)) task(leader).exitCode = group.groupExitCode;
  if (!notifyEnd(leader, task(leader).exitSignal)) return;
  task(leader).exitState = k.DEAD;
  release(leader);
}

/**
 * Children of a thread are inherited by another thread of its process.
 * @source find_new_reaper, kernel/exit.c, 6.12
 */
export const T47: u32 = 47;

/**
 * Orphans are inherited by the next ancestor that is a child subreaper.
 * @source find_new_reaper, kernel/exit.c, 6.12
 */
export const T48: u32 = 48;

/** find_alive_thread: one of a process that has not begun to end. */
function aliveThread(process: u32): u32 {
  for (let i: u32 = 0; i < births(); i++)
    if (exists(i) && task(i).process == process && !task(i).exiting) return i;
  return NOBODY;
}

function newReaper(father: u32): u32 {
  const thread = aliveThread(leaderOf(father));
  if (thread != NOBODY && holds(T47)) return thread;
  for (let at: u32 = task(father).parent; at != NOBODY; at = task(at).parent) {
    if (!processOf(at).isSubreaper || !holds(T48)) continue;
    const alive = aliveThread(leaderOf(at));
    if (alive != NOBODY) return alive;
  }
  return NOBODY;
}

/**
 * PR_SET_PDEATHSIG sends a signal when the thread that is the parent ends.
 * @source forget_original_parent, kernel/exit.c, 6.12
 */
export const T49: u32 = 49;

/**
 * An orphan has the exit signal SIGCHLD.
 * @source reparent_leader, kernel/exit.c, 6.12
 */
export const T50: u32 = 50;

/**
 * A zombie that is inherited is reported to its new parent.
 * @source reparent_leader, kernel/exit.c, 6.12
 */
export const T51: u32 = 51;

/** The next of a parent's children, the oldest first. @param order that of the one before */
export function nextChild(parent: u32, order: u32): u32 {
  let next = NOBODY;
  for (let i: u32 = 0; i < births(); i++) {
    const it = task(i);
    if (!exists(i) || !isLeader(i) || it.parent != parent || it.childOrder <= order) continue;
    if (next == NOBODY || it.childOrder < task(next).childOrder) next = i;
  }
  return next;
}

/** forget_original_parent. */
function forgetOriginalParent(father: u32): void {
  exitPtrace(father);
  let child = nextChild(father, 0);
  if (child == NOBODY) return;
  const reaper = newReaper(father);
  for (; child != NOBODY; child = nextChild(father, 0)) {
    for (let i: u32 = 0; i < MOST_TASKS; i++) {
      const it = task(i);
      if (!exists(i) || it.process != child) continue;
      it.parent = u8(reaper);
      if (it.pdeathSignal != 0 && holds(T49))
        sendSignal(it.pdeathSignal, infoOf(SI_USER, leaderOf(father), 0), i, true);
    }
    task(child).childOrder = nextOrder();
    if (leaderOf(reaper) != leaderOf(father)) reparentLeader(father, child);
  }
}

function reparentLeader(father: u32, child: u32): void {
  const it = task(child);
  if (it.exitState == k.DEAD) return;
  if (holds(T50)) it.exitSignal = u8(SIGCHLD);
  if (it.ptrace == 0 && it.exitState == k.ZOMBIE && isAlone(child) && holds(T51))
    if (notifyEnd(child, it.exitSignal)) it.exitState = k.DEAD;
  killOrphanedGroup(child, father);
}
