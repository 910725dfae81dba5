// kernel/exit.c: wait4 and waitid.

import { ECHILD, EINVAL } from "../linux/errno";
import { SIGCHLD, SIGCONT } from "../linux/signal";
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
} from "../linux/wait";
import { WAITID } from "./actions";
import { CLD_CONTINUED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_TRAPPED } from "./codes";
import { nextTracee, unlink } from "./detach";
import { nextChild, release } from "./exit";
import { hasMembers } from "./group";
import * as k from "./kernel";
import { isEligiblePid, isForGroup, notifyEnd } from "./notify";
import { holds } from "./rule";
import {
  A_TASK,
  exists,
  infoOf,
  isDelayed,
  isLeader,
  isReparented,
  leaderOf,
  NOBODY,
  nextThread,
  processOf,
  Task,
  task,
} from "./state";

/** notask_error: whether there is no task that a wait may ever be for. */
let isHopeless: bool = true;

/** A wait returns a task. @param status as wait4 stores it @param value si_status */
function found(waiter: u32, t: u32, status: i32, code: i32, value: u32): bool {
  const it = task(waiter);
  const isById = it.action.kind >= WAITID;
  it.result = isById ? 0 : A_TASK + t;
  it.status = isById ? 0 : status;
  it.infoSignal = isById ? SIGCHLD : 0;
  it.info = isById ? infoOf(code, t, value) : 0;
  return true;
}

/**
 * __WALL waits for children with each exit signal, __WCLONE for those whose exit signal is not SIGCHLD, a wait without them
 * for the others.
 * @source eligible_child, kernel/exit.c, 6.12
 */
export const T52: u32 = 52;

function isEligible(waiter: u32, isTracer: bool, t: u32): bool {
  const options = task(waiter).action.a;
  if (!isEligiblePid(waiter, t)) return false;
  if (isTracer || (options & __WALL) != 0 || !holds(T52)) return true;
  return (task(t).exitSignal != SIGCHLD) == ((options & u32(__WCLONE)) != 0);
}

/**
 * WNOWAIT leaves what it reports.
 * @source wait_task_zombie, wait_task_stopped, wait_task_continued, kernel/exit.c, 6.12
 */
export const T53: u32 = 53;

function leaves(it: Task): bool {
  return (it.action.a & WNOWAIT) != 0 && holds(T53);
}

/**
 * A zombie that its tracer has reaped remains a zombie of its parent, to which it is reported.
 * @source wait_task_zombie, kernel/exit.c, 6.12
 */
export const T54: u32 = 54;

/**
 * A wait with WNOWAIT reports the status of the process as a wait without it.
 * @source wait_task_zombie, kernel/exit.c, 5.17
 */
export const T84: u32 = 84;

/**
 * waitid returns CLD_KILLED for a child that a signal has ended.
 * @source wait_task_zombie, kernel/exit.c, 6.12
 */
export const T100: u32 = 100;

function waitZombie(waiter: u32, t: u32): bool {
  const it = task(t);
  const by = task(waiter);
  if ((by.action.a & WEXITED) == 0) return false;
  const group = processOf(t);
  const isOfGroup = (group.flags & k.GROUP_EXIT) != 0 && !(leaves(by) && !holds(T84));
  const status = isOfGroup ? group.groupExitCode : it.exitCode;
  const signal = status & 0x7f;
  const code = signal != 0 && holds(T100) ? CLD_KILLED : CLD_EXITED;
  found(waiter, t, status, code, signal != 0 ? signal : status >> 8);
  if (leaves(by)) return true;
  if (isReparented(t) && isLeader(t) && holds(T54)) {
    it.exitState = k.TRACE;
    unlink(t);
    it.exitState = k.ZOMBIE;
    if (!notifyEnd(t, it.exitSignal)) return true;
  }
  it.exitState = k.DEAD;
  release(t);
  return true;
}

/**
 * A tracer sees the stops of its tracee without WUNTRACED.
 * @source wait_task_stopped, kernel/exit.c, 6.12
 */
export const T55: u32 = 55;

/**
 * A stop is reported once.
 * @source wait_task_stopped, kernel/exit.c, 6.12
 */
export const T56: u32 = 56;

function waitStopped(waiter: u32, isTracer: bool, t: u32): bool {
  const it = task(t);
  const by = task(waiter);
  const group = processOf(t);
  if (!(isTracer && holds(T55)) && (by.action.a & WUNTRACED) == 0) return false;
  let code: u32 = 0;
  if (isTracer) {
    if (!it.isTraced || (it.jobctl & k.LISTENING) != 0) return false;
    code = it.exitCode;
    if (!leaves(by) && holds(T56)) it.exitCode = 0;
  } else {
    if ((group.flags & k.STOP_STOPPED) == 0) return false;
    code = group.groupExitCode;
    if (!leaves(by) && holds(T56)) group.groupExitCode = 0;
  }
  if (code == 0) return false;
  return found(waiter, t, (code << 8) | 0x7f, isTracer ? CLD_TRAPPED : CLD_STOPPED, code);
}

/**
 * WCONTINUED reports a process that SIGCONT has continued, once.
 * @source wait_task_continued, kernel/exit.c, 6.12
 */
export const T57: u32 = 57;

function waitContinued(waiter: u32, t: u32): bool {
  const by = task(waiter);
  const group = processOf(t);
  if ((by.action.a & WCONTINUED) == 0 || (group.flags & k.STOP_CONTINUED) == 0) return false;
  if (!leaves(by) && holds(T57)) group.flags &= ~k.STOP_CONTINUED;
  return found(waiter, t, 0xffff, CLD_CONTINUED, SIGCONT);
}

/**
 * A parent does not see the group-stop of a child that it traces itself, nor the end of one that another process traces.
 * @source wait_consider_task, kernel/exit.c, 6.12
 */
export const T58: u32 = 58;

/** wait_consider_task. */
function considers(waiter: u32, asTracer: bool, t: u32): bool {
  const it = task(t);
  const options = task(waiter).action.a;
  if (it.exitState == k.DEAD || !isEligible(waiter, asTracer, t)) return false;
  let isTracer = asTracer;
  if (!isTracer && it.ptrace != 0 && !isReparented(t) && holds(T58)) isTracer = true;
  if (it.exitState == k.ZOMBIE) {
    const isSeen = isTracer || it.ptrace == 0 || !holds(T58);
    if (!isDelayed(t) && isSeen) return waitZombie(waiter, t);
    if (!isTracer || (options & (WCONTINUED | WEXITED)) != 0) isHopeless = false;
  } else {
    isHopeless = false;
  }
  return waitStopped(waiter, isTracer, t) || waitContinued(waiter, t);
}

/**
 * A wait is for the children and tracees of all threads of a process; with __WNOTHREAD for those of its own thread.
 * @source __do_wait, is_effectively_child, kernel/exit.c, 6.12
 */
export const T59: u32 = 59;

function isOwn(waiter: u32, parent: u32): bool {
  if (parent == waiter) return true;
  const isNarrow = (task(waiter).action.a & __WNOTHREAD) != 0 && holds(T59);
  return !isNarrow && leaderOf(parent) == leaderOf(waiter);
}

/** do_wait_pid. */
function waitForTask(waiter: u32): bool {
  const t: u32 = task(waiter).action.target;
  const it = task(t);
  if (!exists(t)) return false;
  if (isLeader(t) && isOwn(waiter, it.parent) && considers(waiter, false, t)) return true;
  return exists(t) && it.ptrace != 0 && isOwn(waiter, it.tracer) && considers(waiter, true, t);
}

/** do_wait_thread and ptrace_do_wait, of one thread of the process that waits. */
function waitForMany(waiter: u32, thread: u32): bool {
  for (let t = nextChild(thread, 0); t != NOBODY; t = nextChild(thread, task(t).childOrder))
    if (considers(waiter, false, t)) return true;
  let tracee = nextTracee(thread, u32.MAX_VALUE);
  for (; tracee != NOBODY; tracee = nextTracee(thread, task(tracee).traceOrder))
    if (considers(waiter, true, tracee)) return true;
  return false;
}

/** do_wait. Returns whether the wait is over, with its result. */
function waits(waiter: u32): bool {
  const it = task(waiter);
  const by = it.action;
  isHopeless = true;
  if (by.target != NOBODY && !isForGroup(by)) {
    if (waitForTask(waiter)) return true;
  } else if (by.target == NOBODY || hasMembers(by.target)) {
    let thread = waiter;
    do {
      if (waitForMany(waiter, thread)) return true;
      if ((by.a & __WNOTHREAD) != 0 && holds(T59)) break;
      thread = nextThread(thread);
    } while (thread != waiter);
  }
  it.result = isHopeless ? -ECHILD : 0;
  return isHopeless || (by.a & WNOHANG) != 0;
}

/** wait4 and waitid. @return its result, if it does not block */
export function doWait(waiter: u32): i32 {
  const it = task(waiter);
  const by = it.action;
  if (by.kind < WAITID) by.a |= u32(WEXITED);
  else if ((by.a & u32(WEXITED | WSTOPPED | WCONTINUED)) == 0) return -EINVAL;
  if (!waits(waiter)) {
    it.restarts = true;
    // A signal that is pending interrupts it.
    if (!it.sigpending) {
      it.place = k.IN_WAIT;
      it.awake = false;
    }
  }
  return it.result;
}
