// get_signal and ptrace_signal, kernel/signal.c: the signal with which the tracer resumes a task that a signal stopped

import { SIGTRAP } from "../../linux/signal";
import { actionOf, END, HANDLE, isIn, killsAtOnce, STOP } from "../actions";
import { ended, giveUp, info } from "../prediction";
import { use } from "../rule";
import { restartUnderHandler, restartWithoutHandler } from "./arch_do_signal_or_restart";
import { stop } from "./force_sig";
import { iret } from "./iret";
import { setupRtFrame } from "./setup_rt_frame";
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

/** Resumes the task from a stop by a signal, with a signal or 0. */
export function deliver(signal: u32, wantsFrame: bool): void {
  if (signal != 0 && isIn(signal, task.blocked)) {
    keepPending(signal, signal == R74_stop || !use(R74));
  } else if (signal != 0 && use(R2)) {
    act(signal, wantsFrame);
    return;
  }
  resumeWithout();
}

/** A signal that is blocked stays pending. */
export function keepPending(signal: u32, isKernels: bool): void {
  task.pending = signal;
  task.pendingIsKernels = isKernels;
}

/** Resumes the task without a signal that acts. */
export function resumeWithout(): void {
  restartWithoutHandler();
  iret();
}

function act(signal: u32, wantsFrame: bool): void {
  const action = actionOf(signal);
  const handled = action == HANDLE;
  if (giveUp(U21, handled && task.locked)) return;
  if (handled) handle(signal, wantsFrame);
  else if (action == STOP) {
    stop(signal);
    info(0, 0, 0);
  } else if (action == END) ended(signal);
  else resumeWithout();
}

function handle(signal: u32, wantsFrame: bool): void {
  restartUnderHandler(signal);
  if (!setupRtFrame(signal, wantsFrame)) iret();
}

/** Whether a signal that is sent at another stop has ended the process. */
export function complete(signal: u32): bool {
  if (!killsAtOnce(signal)) return false;
  ended(signal);
  return true;
}
