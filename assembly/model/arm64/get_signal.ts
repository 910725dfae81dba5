// get_signal and ptrace_signal, kernel/signal.c: the signal with which the tracer resumes a task that a signal stopped

import { actionOf, END, HANDLE, IGNORE, STOP } from "../actions";
import { ended, info } from "../prediction";
import { use } from "../rule";
import { AT_GROUP } from "../stops";
import { restart, revertRestart } from "./do_signal";
import { stop, stopByPending } from "./force_sig";
import { run } from "./instructions";
import { setupRtFrame } from "./setup_rt_frame";
import { task } from "./task";

/**
 * The signal given at a stop by a signal is delivered.
 * @source ptrace_signal, kernel/signal.c, 6.12
 */
export let R201: u32 = 0;

/** Resumes the task from a stop by a signal, or of its group, with a signal or 0. */
export function deliver(given: u32, wantsFrame: bool): void {
  const signal = use(R201) ? given : 0;
  const action = signal == 0 ? IGNORE : actionOf(signal);
  if (action == HANDLE) {
    revertRestart(signal);
    setupRtFrame(signal, wantsFrame);
  } else if (action == STOP) {
    stop(signal);
    info(0, 0, 0);
    task.stop = AT_GROUP;
  } else if (action == END) ended(signal);
  else if (!stopByPending()) {
    restart();
    run();
  }
}
