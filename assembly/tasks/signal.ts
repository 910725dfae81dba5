// kernel/signal.c: how a signal is sent, and whom it wakes.

import * as sig from "../linux/signal";
import * as k from "./kernel";
import { holds } from "./rule";
import { births, exists, isAlone, NOBODY, nextThread, processOf, Queue, task } from "./state";

export function bit(signal: u32): u32 {
  return 1 << signal;
}

export const KILL: u32 = 1 << sig.SIGKILL;
/** SIG_KERNEL_STOP_MASK and SIG_KERNEL_IGNORE_MASK, include/linux/signal.h. */
export const STOPS: u32 =
  (1 << sig.SIGSTOP) | (1 << sig.SIGTSTP) | (1 << sig.SIGTTIN) | (1 << sig.SIGTTOU);
export const IGNORES: u32 = (1 << sig.SIGCONT) | (1 << sig.SIGCHLD) | (1 << sig.SIGURG);

/** Whether SIGKILL is pending for the thread: __fatal_signal_pending. */
export function isFatal(t: u32): bool {
  return task(t).pending.has(sig.SIGKILL);
}

/**
 * SIGKILL ends every stop, of whatever kind.
 * @source signal_wake_up, include/linux/sched/signal.h, 6.12
 */
export const T1: u32 = 1;

/** signal_wake_up. */
export function signalWakeUp(t: u32, fatal: bool): void {
  const it = task(t);
  if (fatal && holds(T1)) it.jobctl &= ~(k.STOPPED | k.TRACED);
  it.sigpending = true;
  if ((it.jobctl & (k.STOPPED | k.TRACED)) == 0) it.awake = it.exitState == k.ALIVE;
}

/** ptrace_signal_wake_up: `resume` also ends a trace stop. */
export function ptraceWakeUp(t: u32, resume: bool): void {
  if (resume) task(t).jobctl &= ~k.TRACED;
  signalWakeUp(t, false);
}

/** task_set_jobctl_pending. Returns false for a task that dies. */
export function setJobctl(t: u32, mask: u32): bool {
  const it = task(t);
  if ((it.sigpending && isFatal(t)) || it.exiting) return false;
  if ((mask & k.STOP_SIGMASK) != 0) it.jobctl &= ~k.STOP_SIGMASK;
  it.jobctl |= mask;
  return true;
}

/** task_clear_jobctl_pending. */
export function clearJobctl(t: u32, mask: u32): void {
  const more = (mask & k.STOP_PENDING) != 0 ? k.STOP_CONSUME | k.STOP_DEQUEUED : 0;
  task(t).jobctl &= ~(mask | more);
}

/** ptrace_trap_notify: a seized tracee traps once more, so that its tracer sees what has changed. */
export function trapNotify(t: u32): void {
  setJobctl(t, k.TRAP_NOTIFY);
  ptraceWakeUp(t, (task(t).jobctl & k.LISTENING) != 0);
}

/** recalc_sigpending_tsk, which never clears the flag. */
export function raiseSigpending(t: u32): void {
  const it = task(t);
  const sets = it.pending.set | processOf(t).pending.set;
  if ((it.jobctl & k.PENDING_MASK) != 0 || (sets & ~it.blocked) != 0) it.sigpending = true;
}

/** recalc_sigpending, of the running task. */
export function recalcSigpending(t: u32): void {
  task(t).sigpending = false;
  raiseSigpending(t);
}

/** flush_sigqueue_mask, of all queues of a process. */
export function flush(t: u32, set: u32): void {
  processOf(t).pending.set &= ~set;
  for (let i: u32 = 0; i < births(); i++)
    if (exists(i) && task(i).process == task(t).process) task(i).pending.set &= ~set;
}

/**
 * A process that dies gets no further signal.
 * @source prepare_signal, kernel/signal.c, 6.12
 */
export const T2: u32 = 2;

/**
 * A stop signal removes SIGCONT from all queues of the process.
 * @source prepare_signal, kernel/signal.c, 6.12
 */
export const T3: u32 = 3;

/**
 * SIGCONT removes stop signals from all queues of the process.
 * @source prepare_signal, kernel/signal.c, 6.12
 */
export const T4: u32 = 4;

/**
 * SIGCONT continues all threads when it is sent, also if it is blocked or ignored.
 * @source prepare_signal, kernel/signal.c, 6.12
 */
export const T5: u32 = 5;

/**
 * SIGCONT traps a seized tracee again, or ends its LISTEN, instead of continuing it.
 * @source prepare_signal, ptrace_trap_notify, kernel/signal.c, 6.12
 */
export const T6: u32 = 6;

/**
 * SIGCONT that ends a stop is reported to the parent as CLD_CONTINUED, and to a wait with WCONTINUED.
 * @source prepare_signal, kernel/signal.c, 6.12
 */
export const T7: u32 = 7;

/**
 * SIGCONT that comes before all threads have stopped is reported as CLD_STOPPED, as if the stop had been complete.
 * @source prepare_signal, kernel/signal.c, 6.12
 */
export const T8: u32 = 8;

/** prepare_signal: what stop signals and SIGCONT do when they are sent. Returns whether the signal is queued. */
function prepareSignal(signal: u32, t: u32): bool {
  const group = processOf(t);
  if ((group.flags & k.GROUP_EXIT) != 0) {
    if (holds(T2)) return false;
  } else if ((bit(signal) & STOPS) != 0) {
    if (holds(T3)) flush(t, bit(sig.SIGCONT));
  } else if (signal == sig.SIGCONT) {
    if (holds(T4)) flush(t, STOPS);
    if (holds(T5)) continueThreads(t);
    let why: u32 = 0;
    if ((group.flags & k.STOP_STOPPED) != 0 && holds(T7)) why = k.CLD_CONTINUED_DUE;
    else if (group.groupStopCount > 0 && holds(T8)) why = k.CLD_STOPPED_DUE;
    if (why != 0) {
      group.flags = (group.flags & ~k.STOP_FLAGS) | why | k.STOP_CONTINUED;
      group.groupStopCount = 0;
      group.groupExitCode = 0;
    }
  }
  return !isIgnored(signal, t);
}

function continueThreads(t: u32): void {
  for (let i: u32 = 0; i < births(); i++) {
    const it = task(i);
    if (!exists(i) || it.process != task(t).process) continue;
    clearJobctl(i, k.STOP_PENDING);
    if ((it.ptrace & k.PT_SEIZED) != 0 && holds(T6)) {
      trapNotify(i);
    } else if (it.isStopped) {
      it.jobctl &= ~k.STOPPED;
      it.awake = true;
    }
  }
}

/**
 * A signal that a process ignores, or whose default is to be ignored, is not queued.
 * @source sig_ignored, kernel/signal.c, 6.12
 */
export const T9: u32 = 9;

/**
 * A blocked signal is queued even if it is ignored.
 * @source sig_ignored, kernel/signal.c, 6.12
 */
export const T10: u32 = 10;

/**
 * A tracer sees signals that its tracee ignores.
 * @source sig_ignored, kernel/signal.c, 6.12
 */
export const T11: u32 = 11;

/** Whether the action of a signal is to be ignored: sig_handler_ignored. */
export function isIgnoredBy(signal: u32, t: u32): bool {
  const ignored = processOf(t).ignored;
  return (ignored & bit(signal)) != 0 || (IGNORES & bit(signal)) != 0;
}

function isIgnored(signal: u32, t: u32): bool {
  const it = task(t);
  if ((it.blocked & bit(signal)) != 0 && holds(T10)) return false;
  if (it.ptrace != 0 && signal != sig.SIGKILL && holds(T11)) return false;
  return isIgnoredBy(signal, t) && holds(T9);
}

/** The task that runs: it takes a signal on its way to user mode. */
let current: u32 = NOBODY;

export function setCurrent(t: u32): void {
  current = t;
}

function wantsSignal(signal: u32, t: u32): bool {
  const it = task(t);
  if ((it.blocked & bit(signal)) != 0 || it.exiting) return false;
  if (signal == sig.SIGKILL) return true;
  return !it.isStopped && !it.isTraced && (t == current || !it.sigpending);
}

/**
 * A signal that was sent to a process is taken by a thread that does not block it.
 * @source complete_signal, kernel/signal.c, 6.12
 */
export const T12: u32 = 12;

/**
 * A fatal signal ends all threads of a process.
 * @source complete_signal, do_group_exit, 6.12
 */
export const T13: u32 = 13;

/**
 * A tracer sees a fatal signal before it kills: only SIGKILL is not shown.
 * @source complete_signal, get_signal, kernel/signal.c, 6.12
 */
export const T14: u32 = 14;

/** sig_fatal. SIGTRAP is the only signal here whose default is a core dump, for which a thread takes it first. */
function isDeadly(signal: u32, t: u32): bool {
  const group = processOf(t);
  if (((IGNORES | STOPS | group.ignored | bit(sig.SIGTRAP)) & bit(signal)) != 0) return false;
  if ((group.flags & k.GROUP_EXIT) != 0) return false;
  return signal == sig.SIGKILL || task(t).ptrace == 0 || !holds(T14);
}

/** complete_signal: wakes a thread that takes the signal, or ends the process at once. */
function completeSignal(signal: u32, t: u32, isShared: bool): void {
  const group = processOf(t);
  let taker = t;
  if (!wantsSignal(signal, t)) {
    if (!isShared || isAlone(t) || !holds(T12)) return;
    taker = group.target;
    while (!wantsSignal(signal, taker)) {
      taker = nextThread(taker);
      if (taker == group.target) return;
    }
    group.target = u8(taker);
  }
  if (isDeadly(signal, t) && holds(T13)) {
    startGroupExit(t, signal);
    return;
  }
  signalWakeUp(taker, signal == sig.SIGKILL);
}

/** Marks all threads of a process for death. */
function startGroupExit(t: u32, code: u32): void {
  const group = processOf(t);
  group.flags = k.GROUP_EXIT;
  group.groupExitCode = code;
  group.groupStopCount = 0;
  for (let i: u32 = 0; i < births(); i++) {
    if (!exists(i) || task(i).process != task(t).process) continue;
    clearJobctl(i, k.PENDING_MASK);
    task(i).pending.set |= KILL;
    signalWakeUp(i, true);
  }
}

/**
 * A signal that is pending already is not queued again.
 * @source legacy_queue, kernel/signal.c, 6.12
 */
export const T15: u32 = 15;

/**
 * A signal to a thread that has ended is dropped.
 * @source do_send_sig_info, kernel/signal.c, 6.18
 */
export const T72: u32 = 72;

/** send_signal_locked: to a thread, or to its process. @param info as of infoOf */
export function sendSignal(signal: u32, info: u32, t: u32, isShared: bool): void {
  if (!isShared && task(t).exitState != k.ALIVE && holds(T72)) return;
  if (!prepareSignal(signal, t)) return;
  const queue: Queue = isShared ? processOf(t).pending : task(t).pending;
  if (queue.has(signal) && holds(T15)) return;
  // SIGKILL has no siginfo.
  queue.add(signal, signal == sig.SIGKILL ? 0 : info);
  completeSignal(signal, t, isShared);
}

/** retarget_shared_pending: wakes other threads for signals that a thread does not take any more. */
export function retarget(t: u32, which: u32): void {
  let left = processOf(t).pending.set & which;
  for (let i = nextThread(t); i != t && left != 0; i = nextThread(i)) {
    const it = task(i);
    if (it.exiting || (left & ~it.blocked) == 0) continue;
    left &= it.blocked;
    if (!it.sigpending) signalWakeUp(i, false);
  }
}
