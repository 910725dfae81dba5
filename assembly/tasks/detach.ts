// kernel/ptrace.c: how a tracer comes and goes.

import { PTRACE_O_EXITKILL } from "../linux/ptrace";
import { SI_KERNEL } from "../linux/siginfo";
import { SIGKILL, SIGSTOP } from "../linux/signal";
import * as k from "./kernel";
import { ignoresChildren, notifyEnd, wakeWaits } from "./notify";
import { holds } from "./rule";
import { clearJobctl, ptraceWakeUp, sendSignal, setJobctl, signalWakeUp } from "./signal";
import {
  births,
  exists,
  infoOf,
  isAlone,
  isLeader,
  leaderOf,
  NOBODY,
  nextOrder,
  processOf,
  task,
} from "./state";

/** Whether a tracee has an option. */
export function hasOption(t: u32, option: u32): bool {
  return (task(t).ptrace & (option * k.PT_OPTIONS)) != 0;
}

/** __ptrace_link: a tracee is the first in its tracer's list. */
export function link(t: u32, tracer: u32, ptrace: u32): void {
  const it = task(t);
  it.ptrace = ptrace;
  it.tracer = u8(tracer);
  it.traceOrder = nextOrder();
}

/** The next of a tracer's tracees, the newest first. @param order that of the one before */
export function nextTracee(tracer: u32, order: u32): u32 {
  let next = NOBODY;
  for (let i: u32 = 0; i < births(); i++) {
    const it = task(i);
    if (!exists(i) || it.ptrace == 0 || it.tracer != tracer || it.traceOrder >= order) continue;
    if (next == NOBODY || it.traceOrder > task(next).traceOrder) next = i;
  }
  return next;
}

/**
 * An attach to a stopped task turns its group-stop into a trace stop.
 * @source ptrace_set_stopped, kernel/ptrace.c, 6.12
 */
export const T34: u32 = 34;

/**
 * PTRACE_ATTACH sends SIGSTOP to the thread, PTRACE_SEIZE nothing.
 * @source ptrace_set_stopped, kernel/ptrace.c, 6.12
 */
export const T35: u32 = 35;

/** The end of ptrace_attach. */
export function attach(t: u32, tracer: u32, ptrace: u32): void {
  link(t, tracer, ptrace);
  if ((ptrace & k.PT_SEIZED) == 0 && holds(T35))
    sendSignal(SIGSTOP, infoOf(SI_KERNEL, NOBODY, 0), t, false);
  const it = task(t);
  if (!it.isStopped || !holds(T34) || !setJobctl(t, k.TRAP_STOP)) return;
  it.jobctl &= ~k.STOPPED;
  signalWakeUp(t, false);
}

/**
 * A tracee that is detached during a group-stop stops with its group.
 * @source __ptrace_unlink, kernel/ptrace.c, 6.12
 */
export const T36: u32 = 36;

/**
 * A tracee that is detached does not stop at calls any more.
 * @source __ptrace_unlink, kernel/ptrace.c, 6.12
 */
export const T78: u32 = 78;

/** __ptrace_unlink. */
export function unlink(t: u32): void {
  const it = task(t);
  const group = processOf(t);
  it.ptrace = 0;
  if (holds(T78)) it.isTracedAtCalls = false;
  clearJobctl(t, k.TRAP_MASK);
  const stops = (group.flags & k.STOP_STOPPED) != 0 || group.groupStopCount > 0;
  if (!it.exiting && stops && holds(T36)) it.jobctl |= k.STOP_PENDING;
  if ((it.jobctl & k.STOP_PENDING) != 0 || it.isTraced) ptraceWakeUp(t, true);
}

/**
 * A tracee that has ended is reported to its parent when its tracer detaches.
 * @source __ptrace_detach, kernel/ptrace.c, 6.12
 */
export const T37: u32 = 37;

/** __ptrace_detach. Returns whether the task is dead, and to be released. */
export function detach(t: u32): bool {
  const it = task(t);
  const tracer: u32 = it.tracer;
  unlink(t);
  if (it.exitState != k.ZOMBIE) return false;
  let isDead = !isLeader(t);
  if (!isDead && isAlone(t)) {
    if (leaderOf(it.parent) != leaderOf(tracer)) {
      isDead = holds(T37) && notifyEnd(t, it.exitSignal);
    } else if (ignoresChildren(tracer)) {
      wakeWaits(t, tracer);
      isDead = true;
    }
  }
  if (isDead) it.exitState = k.DEAD;
  return isDead;
}

/**
 * The end of a tracer detaches its tracees.
 * @source exit_ptrace, kernel/ptrace.c, 6.12
 */
export const T38: u32 = 38;

/**
 * PTRACE_O_EXITKILL kills a tracee when its tracer ends.
 * @source exit_ptrace, kernel/ptrace.c, 6.12
 */
export const T39: u32 = 39;

/** exit_ptrace. */
export function exitPtrace(tracer: u32): void {
  if (!holds(T38)) return;
  for (let order: u32 = u32.MAX_VALUE; ; ) {
    const t = nextTracee(tracer, order);
    if (t == NOBODY) return;
    order = task(t).traceOrder;
    if (hasOption(t, PTRACE_O_EXITKILL) && holds(T39)) sendSignal(SIGKILL, 0, t, false);
    detach(t);
  }
}
