// kernel/signal.c: how a task takes its signals, and how it stops.

import { PTRACE_EVENT_STOP } from "../linux/ptrace";
import { SI_USER } from "../linux/siginfo";
import { SIGKILL, SIGSTOP, SIGTRAP } from "../linux/signal";
import { CLD_CONTINUED, CLD_STOPPED, CLD_TRAPPED } from "./codes";
import { endGroup } from "./exit";
import { isOrphaned } from "./group";
import * as k from "./kernel";
import { notifyStop } from "./notify";
import { holds } from "./rule";
import {
  bit,
  isFatal,
  isIgnoredBy,
  recalcSigpending,
  STOPS,
  sendSignal,
  setJobctl,
  signalWakeUp,
  T2,
  trapNotify,
} from "./signal";
import {
  births,
  exists,
  infoOf,
  isReparented,
  leaderOf,
  notifiedOf,
  processOf,
  task,
} from "./state";
import { leaveStop, NO_MESSAGE, participate, ptraceNotify, ptraceStop } from "./stop";

/**
 * A group-stop stops all threads of a process.
 * @source do_signal_stop, kernel/signal.c, 6.12
 */
export const T25: u32 = 25;

/**
 * SIGCONT that comes after a stop signal was dequeued revokes it, also while the tracer looks at it.
 * @source do_signal_stop, dequeue_signal, kernel/signal.c, 6.12
 */
export const T26: u32 = 26;

/** do_signal_stop. Returns whether the task has stopped; a traced one traps instead. */
function signalStop(t: u32, signal: u32): bool {
  const it = task(t);
  const group = processOf(t);
  if ((it.jobctl & k.STOP_PENDING) == 0) {
    const stop = k.STOP_PENDING | k.STOP_CONSUME;
    if (((it.jobctl & k.STOP_DEQUEUED) == 0 && holds(T26)) || (group.flags & k.GROUP_EXIT) != 0)
      return false;
    if ((group.flags & k.STOP_STOPPED) == 0) group.groupExitCode = signal;
    group.groupStopCount = 0;
    if (setJobctl(t, signal | stop)) group.groupStopCount++;
    for (let i: u32 = 0; i < births() && holds(T25); i++) {
      const other = task(i);
      if (i == t || !exists(i) || other.process != it.process || other.isStopped) continue;
      if (!setJobctl(i, signal | stop)) continue;
      group.groupStopCount++;
      if ((other.ptrace & k.PT_SEIZED) != 0) trapNotify(i);
      else signalWakeUp(i, false);
    }
  }
  if (it.ptrace != 0) {
    setJobctl(t, k.TRAP_STOP);
    return false;
  }
  const isDone = participate(t);
  it.jobctl |= k.STOPPED;
  it.place = k.IN_GROUP_STOP;
  it.awake = false;
  if (isDone) notifyStop(t, false, CLD_STOPPED);
  return true;
}

/**
 * A seized tracee has a PTRACE_EVENT_STOP: with the stop signal in a group-stop, otherwise with SIGTRAP.
 * @source do_jobctl_trap, kernel/signal.c, 6.12
 */
export const T27: u32 = 27;

/** do_jobctl_trap. Returns whether the task has stopped. */
function jobctlTrap(t: u32): bool {
  const group = processOf(t);
  const it = task(t);
  let signal = it.jobctl & k.STOP_SIGMASK;
  if ((it.ptrace & k.PT_SEIZED) == 0 || !holds(T27))
    return ptraceStop(t, k.IN_TRAP, signal, CLD_STOPPED, NO_MESSAGE, 0, 0);
  if (group.groupStopCount == 0 && (group.flags & k.STOP_STOPPED) == 0) signal = SIGTRAP;
  return ptraceNotify(t, k.IN_TRAP, signal | (PTRACE_EVENT_STOP << 8), CLD_STOPPED, NO_MESSAGE);
}

/** The signal that dequeueSignal has taken. */
let dequeuedInfo: u32 = 0;
let isFromProcess: bool = false;

/**
 * A signal of the thread is taken before one of its process, and a lower one before a higher one.
 * @source dequeue_signal, next_signal, kernel/signal.c, 6.12
 */
export const T28: u32 = 28;

/** dequeue_signal. SIGTRAP, which comes before others, is the only synchronous signal here. */
function dequeueSignal(t: u32): u32 {
  const it = task(t);
  const own = it.pending.set & ~it.blocked;
  const shared = processOf(t).pending.set & ~it.blocked;
  isFromProcess = own == 0 || (shared != 0 && !holds(T28));
  const set = isFromProcess ? shared : own;
  const queue = isFromProcess ? processOf(t).pending : it.pending;
  if (set == 0) {
    recalcSigpending(t);
    return 0;
  }
  const signal: u32 = (set & bit(SIGTRAP)) != 0 ? SIGTRAP : ctz(set);
  queue.set &= ~bit(signal);
  dequeuedInfo = load<u32>(queue.infoAt(signal));
  recalcSigpending(t);
  if ((bit(signal) & STOPS) != 0) it.jobctl |= k.STOP_DEQUEUED;
  return signal;
}

/**
 * A signal that a tracer puts in place of another one is from the tracer, with SI_USER.
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export const T29: u32 = 29;

/**
 * A signal that a tracer injects and that the tracee blocks becomes pending again.
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export const T30: u32 = 30;

/** The end of ptrace_signal. Returns the signal that is delivered; 0: none. */
function injected(t: u32, seen: u32, signal: u32): u32 {
  const it = task(t);
  if (signal == 0) return 0;
  let info = it.stopInfo;
  if (signal != seen && holds(T29)) info = infoOf(SI_USER, notifiedOf(t), 0);
  // A task that dies queues it again, and has it dropped.
  const isDropped = it.sigpending && isFatal(t) && holds(T2);
  if (!((it.blocked & bit(signal)) != 0 && holds(T30)) && !isDropped) return signal;
  sendSignal(signal, info, t, it.isShared);
  return 0;
}

/**
 * SIGTSTP, SIGTTIN and SIGTTOU do not stop a process of an orphaned group.
 * @source get_signal, kernel/signal.c, 6.12
 */
export const T31: u32 = 31;

/**
 * The process of a leader that its tracer does not share also reports CLD_CONTINUED to the tracer.
 * @source get_signal, kernel/signal.c, 6.12
 */
export const T32: u32 = 32;

/** What the task that returns from a stop has to tell its parent. */
function reportContinued(t: u32): void {
  const group = processOf(t);
  while ((group.flags & k.CLD_MASK) != 0) {
    const why = (group.flags & k.CLD_CONTINUED_DUE) != 0 ? CLD_CONTINUED : CLD_STOPPED;
    group.flags &= ~k.CLD_MASK;
    notifyStop(t, false, why);
    const leader = leaderOf(t);
    if (exists(leader) && isReparented(leader) && holds(T32)) notifyStop(leader, true, why);
  }
}

/**
 * get_signal. Returns whether the task goes on to user mode; if not, it has stopped or ended.
 *
 * @param seen the signal of the signal-delivery-stop that the task comes from; 0: from elsewhere
 * @param resumed the signal that it was resumed with
 */
export function getSignal(t: u32, seen: u32, resumed: u32): bool {
  const it = task(t);
  const group = processOf(t);
  let signal: u32 = 0;
  let isRelocked = seen == 0;
  // A signal-delivery-stop is left in the middle of the loop.
  if (seen != 0) signal = injected(t, seen, resumed);
  while (true) {
    if (signal == 0) {
      if (isRelocked) reportContinued(t);
      isRelocked = false;
      if ((group.flags & k.GROUP_EXIT) != 0 || group.executing != 0) {
        it.pending.set &= ~bit(SIGKILL);
        recalcSigpending(t);
        endGroup(t, SIGKILL);
        return false;
      }
      if ((it.jobctl & k.STOP_PENDING) != 0 && signalStop(t, 0)) return false;
      if ((it.jobctl & k.TRAP_MASK) != 0) {
        if (jobctlTrap(t)) return false;
        isRelocked = true;
        continue;
      }
      signal = dequeueSignal(t);
      if (signal == 0) return true;
      if (it.ptrace != 0 && signal != SIGKILL) {
        it.jobctl |= k.STOP_DEQUEUED;
        it.isShared = isFromProcess;
        if (ptraceStop(t, k.IN_SIGNAL_STOP, signal, CLD_TRAPPED, NO_MESSAGE, signal, dequeuedInfo))
          return false;
        it.stopInfo = dequeuedInfo;
        signal = injected(t, signal, signal);
        continue;
      }
    }
    const taken = signal;
    signal = 0;
    if (isIgnoredBy(taken, t)) continue;
    if ((bit(taken) & STOPS) == 0) {
      endGroup(t, taken);
      return false;
    }
    if (taken != SIGSTOP && isOrphaned(group.group, 0xff) && holds(T31)) {
      isRelocked = true;
      continue;
    }
    if (signalStop(t, taken)) return false;
  }
}

/** What a stop's signal was, for the task that leaves it. */
export function leaveSignalStop(t: u32): bool {
  const seen: u32 = task(t).stopSignal;
  const resumed = leaveStop(t);
  return getSignal(t, seen, resumed);
}
