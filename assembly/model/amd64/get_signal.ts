// ptrace_signal and get_signal, kernel/signal.c: the signal with which the tracer resumes a task that a signal stopped

import { SI_USER } from "../../linux/siginfo";
import { actionOf, END, HANDLE, IGNORE, isIn, killsAtOnce, STOP } from "../actions";
import { ended, giveUp, info } from "../prediction";
import { use } from "../rule";
import { lastAddress, lastCode, lastSignal, sendSignal } from "../send_signal";
import { AT_GROUP } from "../stops";
import { stop, stopByPending } from "./force_sig";
import { task } from "./task";

/**
 * The signal given at a stop by a signal is delivered, or stays pending if it is blocked.
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export let R2: u32 = 0;

/**
 * One that stays pending keeps the siginfo of the stop if it is the signal of that; another one gets that of a
 * process: si_code {code} (SI_USER).
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export let R74: u32 = 0;
export let R74_code: i32 = SI_USER;

/**
 * A handler is entered while PKRU forbids accesses to key 0: kernels before 6.12 cannot write the frame then.
 * @source sig_prepare_pkru, arch/x86/kernel/signal.c, 6.12
 * @needs pku
 */
export let U21: u32 = 0;

/** The signal that the task acts on when it is resumed from a stop with a signal; 0: none. */
function ptraceSignal(signal: u32): u32 {
  if (signal != 0 && isIn(signal, task.blocked)) {
    if (signal != lastSignal && use(R74)) sendSignal(signal, R74_code, 0);
    else sendSignal(signal, lastCode, lastAddress);
    return 0;
  }
  return signal != 0 && use(R2) ? signal : 0;
}

/** What the signal does with which the task is resumed: HANDLE or IGNORE; with any other the task has stopped. */
export function getSignal(sent: u32): u32 {
  const signal = ptraceSignal(sent);
  const action = signal == 0 ? IGNORE : actionOf(signal);
  if (action == IGNORE) return stopByPending() ? STOP : IGNORE;
  if (giveUp(U21, action == HANDLE && task.locked)) return END;
  if (action == STOP) {
    stop(signal);
    info(0, 0, 0);
    task.stop = AT_GROUP;
  } else if (action == END) ended(signal);
  return action;
}

/** complete_signal: whether a signal that is sent at another stop has ended the process. */
export function completeSignal(signal: u32): bool {
  if (!killsAtOnce(signal)) return false;
  ended(signal);
  return true;
}
