// kernel/signal.c: stops in which a tracer may look at a task.

import { PTRACE_EVENT_STOP } from "../linux/ptrace";
import { SIGTRAP } from "../linux/signal";
import { CLD_STOPPED, CLD_TRAPPED } from "./codes";
import { hasOption } from "./detach";
import * as k from "./kernel";
import { notifyStop } from "./notify";
import { holds } from "./rule";
import { clearJobctl, isFatal, raiseSigpending } from "./signal";
import { infoOf, isReparented, processOf, task } from "./state";

/**
 * A group-stop is complete, and reported, when the last thread has stopped.
 * @source task_participate_group_stop, kernel/signal.c, 6.12
 */
export const T22: u32 = 22;

/** task_participate_group_stop. Returns whether the parent is to be notified. */
export function participate(t: u32): bool {
  const group = processOf(t);
  const consumes = (task(t).jobctl & k.STOP_CONSUME) != 0;
  clearJobctl(t, k.STOP_PENDING);
  if (!consumes) return false;
  if (group.groupStopCount > 0) group.groupStopCount--;
  if ((group.groupStopCount > 0 && holds(T22)) || (group.flags & k.STOP_STOPPED) != 0) return false;
  group.flags = (group.flags & ~k.STOP_FLAGS) | k.STOP_STOPPED;
  return true;
}

/**
 * A trace stop takes part in a group-stop, which is also reported to a parent in another process than the tracer.
 * @source ptrace_stop, kernel/signal.c, 6.12
 */
export const T23: u32 = 23;

/**
 * GETEVENTMSG returns 0 at a stop without a message.
 * @source ptrace_stop, kernel/signal.c, 6.12
 */
export const T24: u32 = 24;
export const NO_MESSAGE: u32 = u32.MAX_VALUE;

/**
 * ptrace_stop. Returns whether the task has stopped: if not, its tracer is gone or it dies.
 *
 * @param place where it continues
 * @param signal si_signo of its siginfo; 0: it has none
 */
export function ptraceStop(
  t: u32,
  place: u8,
  exitCode: u32,
  why: i32,
  message: u32,
  signal: u32,
  info: u32,
): bool {
  const it = task(t);
  if (it.ptrace == 0 || isFatal(t)) return false;
  it.jobctl |= k.TRACED;
  if (message != NO_MESSAGE) it.message = message;
  else if (holds(T24)) it.message = 0;
  it.stopSignal = u8(signal);
  it.stopInfo = info;
  it.exitCode = exitCode;
  it.place = place;
  it.awake = false;
  const isDone = why == CLD_STOPPED && (it.jobctl & k.STOP_PENDING) != 0 && participate(t);
  clearJobctl(t, k.TRAP_STOP);
  if (signal != 0 && info >> 24 == PTRACE_EVENT_STOP) clearJobctl(t, k.TRAP_NOTIFY);
  notifyStop(t, true, why);
  if (isDone && isReparented(t) && holds(T23)) notifyStop(t, false, why);
  return true;
}

/** The rest of ptrace_stop: what the tracer has resumed the task with. */
export function leaveStop(t: u32): u32 {
  const it = task(t);
  const code = it.exitCode;
  it.exitCode = 0;
  it.stopSignal = 0;
  it.jobctl &= ~k.LISTENING;
  it.place = k.AT_REST;
  raiseSigpending(t);
  return code;
}

/** ptrace_event, of an option that has the number of its event. */
export function ptraceEvent(t: u32, place: u8, event: u32, message: u32): bool {
  if (!hasOption(t, 1 << event)) return false;
  return ptraceNotify(t, place, SIGTRAP | (event << 8), CLD_TRAPPED, message);
}

/** ptrace_do_notify: a stop that has a siginfo of its own. */
export function ptraceNotify(t: u32, place: u8, exitCode: u32, why: i32, message: u32): bool {
  const signal = exitCode & 0x7f;
  return ptraceStop(t, place, exitCode, why, message, signal, infoOf(exitCode, t, 0));
}
