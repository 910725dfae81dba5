// kernel/ptrace.c: requests.

import { EINVAL, EIO, EPERM, ESRCH } from "../linux/errno";
import {
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_EVENT_EXEC,
  PTRACE_EVENT_STOP,
  PTRACE_GETEVENTMSG,
  PTRACE_GETSIGINFO,
  PTRACE_SETOPTIONS,
  PTRACE_SYSCALL,
} from "../linux/ptrace";
import { SIGKILL, SIGRTMAX, SIGSTOP, SIGTRAP } from "../linux/signal";
import {
  PTRACE_INTERRUPT,
  PTRACE_KILL,
  PTRACE_LISTEN,
  PTRACE_O_MASK,
  PTRACE_SEIZE,
  PTRACE_SETSIGMASK,
  PTRACE_TRACEME,
} from "./codes";
import { attach, detach, link } from "./detach";
import * as k from "./kernel";
import { holds } from "./rule";
import { bit, isFatal, KILL, ptraceWakeUp, sendSignal, setJobctl } from "./signal";
import { A_TASK, exists, NOBODY, task } from "./state";

/** ptrace(2). @return its result */
export function ptrace(caller: u32, request: u32, t: u32, data: u32): i32 {
  if (request == PTRACE_TRACEME) return traceMe(caller);
  if (!exists(t)) return -ESRCH;
  if (request == PTRACE_ATTACH || request == PTRACE_SEIZE)
    return ptraceAttach(caller, request, t, data);
  return checkAttach(caller, request, t) ? answer(caller, request, t, data) : -ESRCH;
}

function traceMe(caller: u32): i32 {
  const it = task(caller);
  if (it.ptrace != 0) return -EPERM;
  if (it.parent != NOBODY && !task(it.parent).exiting) link(caller, it.parent, k.PT_PTRACED);
  return 0;
}

/**
 * Nobody traces its own process, what has ended, or what is traced.
 * @source ptrace_attach, kernel/ptrace.c, 6.12
 */
export const T63: u32 = 63;

function ptraceAttach(caller: u32, request: u32, t: u32, options: u32): i32 {
  const it = task(t);
  const seizes = request == PTRACE_SEIZE;
  if (seizes && (options & ~PTRACE_O_MASK) != 0) return -EIO;
  const isRefused = it.process == task(caller).process || it.exitState != k.ALIVE || it.ptrace != 0;
  if (isRefused && (holds(T63) || it.ptrace == 0)) return -EPERM;
  attach(t, caller, seizes ? k.PT_PTRACED | k.PT_SEIZED | (options * k.PT_OPTIONS) : k.PT_PTRACED);
  return 0;
}

/**
 * A tracee whose exec has changed its pid answers requests only after a wait has reported that.
 * @source looks_like_a_spurious_pid, kernel/ptrace.c, 6.12
 */
export const T91: u32 = 91;

function isSpurious(t: u32): bool {
  const it = task(t);
  if (it.exitCode != u32(SIGTRAP | (PTRACE_EVENT_EXEC << 8))) return false;
  return it.message != A_TASK + t && holds(T91);
}

/** ptrace_check_attach. */
function checkAttach(caller: u32, request: u32, t: u32): bool {
  const it = task(t);
  if (it.ptrace == 0 || it.tracer != caller) return false;
  if (request == PTRACE_INTERRUPT || request == PTRACE_KILL) return true;
  return it.isTraced && (it.jobctl & k.LISTENING) == 0 && !isFatal(t) && !isSpurious(t);
}

/**
 * PTRACE_SETOPTIONS sets all options anew.
 * @source ptrace_setoptions, kernel/ptrace.c, 6.12
 */
export const T64: u32 = 64;

/**
 * PTRACE_INTERRUPT stops a running tracee, and one that listens.
 * @source ptrace_request, kernel/ptrace.c, 6.12
 */
export const T65: u32 = 65;

/**
 * PTRACE_LISTEN leaves a tracee in its group-stop, in which neither waits nor requests find it.
 * @source ptrace_request, kernel/ptrace.c, 6.12
 */
export const T66: u32 = 66;

/**
 * PTRACE_CONT ends the stops at calls.
 * @source ptrace_resume, kernel/ptrace.c, 6.12
 */
export const T76: u32 = 76;

/**
 * PTRACE_KILL sends SIGKILL to a tracee, also to one that runs.
 * @source ptrace_request, kernel/ptrace.c, 6.12
 */
export const T77: u32 = 77;

/**
 * PTRACE_DETACH delivers a signal.
 * @source ptrace_detach, kernel/ptrace.c, 6.12
 */
export const T95: u32 = 95;

/** ptrace_resume. */
function resume(t: u32, data: u32): void {
  const it = task(t);
  it.exitCode = data;
  it.jobctl &= ~k.TRACED;
  it.awake = true;
}

function answer(caller: u32, request: u32, t: u32, data: u32): i32 {
  const it = task(t);
  const by = task(caller);
  const isSeized = (it.ptrace & k.PT_SEIZED) != 0;
  switch (request) {
    case PTRACE_CONT:
    case PTRACE_SYSCALL:
      if (data > u32(SIGRTMAX)) return -EIO;
      if (request == PTRACE_SYSCALL || holds(T76)) it.isTracedAtCalls = request == PTRACE_SYSCALL;
      resume(t, data);
      return 0;
    case PTRACE_DETACH:
      if (data > u32(SIGRTMAX)) return -EIO;
      it.exitCode = holds(T95) ? data : 0;
      detach(t);
      return 0;
    case PTRACE_KILL:
      if (holds(T77)) sendSignal(SIGKILL, 0, t, false);
      else if (it.isTraced) resume(t, SIGKILL);
      return 0;
    case PTRACE_SETOPTIONS:
      if ((data & ~PTRACE_O_MASK) != 0) return -EINVAL;
      it.ptrace =
        (holds(T64) ? it.ptrace & (k.PT_PTRACED | k.PT_SEIZED) : it.ptrace) | (data * k.PT_OPTIONS);
      return 0;
    case PTRACE_GETEVENTMSG:
      by.status = it.message;
      return 0;
    case PTRACE_GETSIGINFO:
      if (it.stopSignal == 0) return -EINVAL;
      by.infoSignal = it.stopSignal;
      by.info = it.stopInfo;
      return 0;
    case PTRACE_SETSIGMASK:
      // What is unblocked is found when the task is resumed.
      it.blocked = data & ~(KILL | bit(SIGSTOP));
      return 0;
    case PTRACE_INTERRUPT:
      if (!isSeized) return -EIO;
      if (holds(T65) && setJobctl(t, k.TRAP_STOP)) ptraceWakeUp(t, (it.jobctl & k.LISTENING) != 0);
      return 0;
    case PTRACE_LISTEN:
      if (!isSeized || it.stopSignal == 0 || it.stopInfo >> 24 != PTRACE_EVENT_STOP) return -EIO;
      if (holds(T66)) it.jobctl |= k.LISTENING;
      if ((it.jobctl & k.TRAP_NOTIFY) != 0) ptraceWakeUp(t, true);
      return 0;
    default:
      return -EIO;
  }
}
