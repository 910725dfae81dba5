// ptrace_signal and get_signal, kernel/signal.c: the signal with which the tracer resumes a task that a signal stopped

import { SIGTRAP } from "../../linux/signal";
import { actionOf, END, HANDLE, IGNORE, isIn, killsAtOnce, STOP } from "../actions";
import { ended, giveUp, info } from "../prediction";
import { use } from "../rule";
import { stop } from "./force_sig";
import { task } from "./task";

/**
 * The signal given at a stop by a signal is delivered, or stays pending if it is blocked.
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export let R2: u32 = 0;

/**
 * If it is not the signal of the stop ({stop} here), it gets the siginfo of a process.
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export let R74: u32 = 0;
export let R74_stop: u32 = SIGTRAP;

/**
 * A handler is entered while PKRU forbids accesses to key 0: kernels before 6.12 cannot write the frame then.
 * @source sig_prepare_pkru, arch/x86/kernel/signal.c, 6.12
 * @needs pku
 */
export let U21: u32 = 0;

/** The signal that the task acts on when it is resumed from a stop with a signal; 0: none. */
function ptraceSignal(signal: u32): u32 {
  if (signal != 0 && isIn(signal, task.blocked)) {
    keepPending(signal, signal == R74_stop || !use(R74));
    return 0;
  }
  return signal != 0 && use(R2) ? signal : 0;
}

/** A signal that is blocked stays pending. */
export function keepPending(signal: u32, isKernels: bool): void {
  task.pending = signal;
  task.pendingIsKernels = isKernels;
}

/** What the signal does with which the task is resumed: HANDLE or IGNORE; with any other the task has stopped. */
export function getSignal(sent: u32): u32 {
  const signal = ptraceSignal(sent);
  if (signal == 0) return IGNORE;
  const action = actionOf(signal);
  if (giveUp(U21, action == HANDLE && task.locked)) return END;
  if (action == STOP) {
    stop(signal);
    info(0, 0, 0);
  } else if (action == END) ended(signal);
  return action;
}

/** complete_signal: whether a signal that is sent at another stop has ended the process. */
export function completeSignal(signal: u32): bool {
  if (!killsAtOnce(signal)) return false;
  ended(signal);
  return true;
}
