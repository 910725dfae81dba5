// get_signal and ptrace_signal, kernel/signal.c: the signal with which the tracer resumes a task that a signal stopped

import { actionOf, END, HANDLE, STOP } from "../actions";
import { ended, info } from "../prediction";
import { use } from "../rule";
import { stop } from "./force_sig";
import { run } from "./instructions";
import { setupRtFrame } from "./setup_rt_frame";

/**
 * The signal given at a stop by a signal is delivered.
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export let R201: u32 = 0;

/**
 * Resumes the task from a stop by a signal, with a signal or 0. Whether a call is restarted was decided before the
 * stop.
 */
export function deliver(signal: u32, wantsFrame: bool): void {
  if (signal == 0 || !use(R201)) {
    run();
    return;
  }
  const action = actionOf(signal);
  if (action == HANDLE) setupRtFrame(signal, wantsFrame);
  else if (action == STOP) {
    stop(signal);
    info(0, 0, 0);
  } else if (action == END) ended(signal);
  else run();
}
