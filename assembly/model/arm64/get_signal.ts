// get_signal and ptrace_signal, kernel/signal.c: the signal with which the tracer resumes a task that a signal stopped

import { actionOf, END, HANDLE, STOP } from "../actions";
import { ended, info } from "../prediction";
import { use } from "../rule";
import { stop } from "./force_sig";
import { run } from "./instructions";
import { setupRtFrame } from "./setup_rt_frame";
import { put, REG_syscallno } from "./task";

export let R201: u32 = 0;
export const R201_text = "The signal given at a stop by a signal is delivered.";
export const R201_source = "ptrace_signal, kernel/signal.c, 6.12";

export let R202: u32 = 0;
export const R202_text =
  "Whether a call is restarted is decided before the stop by a signal, and what is written there does not change it.";
export const R202_source = "do_signal, arch/arm64/kernel/signal.c, 6.12";

/** Resumes the task from a stop by a signal, with a signal or 0. */
export function deliver(signal: u32, wantsFrame: bool): void {
  use(R202);
  put(REG_syscallno, NO_CALL);
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

const NO_CALL: u64 = 0xffff_ffff;
