// get_signal and ptrace_signal, kernel/signal.c: the signal with which the tracer resumes a task that a signal stopped

import {
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
} from "../linux/signal";
import { restartUnderHandler, restartWithoutHandler } from "./arch_do_signal_or_restart";
import { stop } from "./force_sig";
import { iret } from "./iret";
import { ended, giveUp, info } from "./prediction";
import { use } from "./rule";
import { setupRtFrame } from "./setup_rt_frame";
import { isIn, task } from "./task";

/** Signals by their effect on a target: bit n - 1 stands for signal n. */
export const HANDLED: u64 = (1 << (SIGUSR1 - 1)) | (1 << (SIGUSR2 - 1));
export const IGNORED: u64 =
  (1 << (SIGCHLD - 1)) | (1 << (SIGCONT - 1)) | (1 << (SIGURG - 1)) | (1 << (SIGWINCH - 1));
export const TTY_STOPS: u64 = (1 << (SIGTSTP - 1)) | (1 << (SIGTTIN - 1)) | (1 << (SIGTTOU - 1));

export let R2: u32 = 0;
export const R2_text =
  "The signal given at a stop by a signal is delivered, or stays pending if it is blocked.";
export const R2_source = "ptrace_signal, kernel/signal.c, 6.12";

export let R74: u32 = 0;
export const R74_text =
  "If it is not the signal of the stop ({stop} here), it gets the siginfo of a process.";
export const R74_source = "ptrace_signal, kernel/signal.c, 6.12";
export let R74_stop: u32 = SIGTRAP;

export let R6: u32 = 0;
export const R6_text = "The signals {set} have a handler, which is entered.";
export const R6_source = "the target: SIGUSR1 and SIGUSR2";
export let R6_set: u64 = HANDLED;

export let U10: u32 = 0;
export const U10_text =
  "With a component that a process has to request, a signal frame is not as long as NT_X86_XSTATE.";
export const U10_source = "xstate_sigframe_size, arch/x86/kernel/fpu/signal.c, 6.12";
export const U10_needs = "amx_tile";

export let U21: u32 = 0;
export const U21_text =
  "A handler is entered while PKRU forbids accesses to key 0: kernels before 6.12 cannot write the frame then.";
export const U21_source = "sig_prepare_pkru, arch/x86/kernel/signal.c, 6.12";
export const U21_needs = "pku";

export let R3: u32 = 0;
export const R3_text =
  "SIGCHLD, SIGCONT, SIGURG and SIGWINCH ({set}) do nothing without a handler.";
export const R3_source = "sig_kernel_ignore, include/linux/signal.h, 6.12";
export let R3_set: u64 = IGNORED;

export let R4: u32 = 0;
export const R4_text =
  "SIGTSTP, SIGTTIN and SIGTTOU ({set}) do nothing in an orphaned process group, as a stub's is.";
export const R4_source = "get_signal, kernel/signal.c, 6.12";
export let R4_set: u64 = TTY_STOPS;

export let R5: u32 = 0;
export const R5_text = "{signal} stops the process, and such a stop has no siginfo.";
export const R5_source = "do_signal_stop, kernel/signal.c, 6.12";
export let R5_signal: u32 = SIGSTOP;

export let R78: u32 = 0;
export const R78_text = "Every other signal ends the process.";
export const R78_source = "get_signal, kernel/signal.c, 6.12";

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
  const handled = isIn(signal, R6_set) && use(R6);
  if (giveUp(U10, handled) || giveUp(U21, handled && task.locked)) return;
  if (handled) handle(signal, wantsFrame);
  else if ((isIn(signal, R3_set) && use(R3)) || (isIn(signal, R4_set) && use(R4))) resumeWithout();
  else if (signal == R5_signal && use(R5)) {
    stop(signal);
    info(0, 0, 0);
  } else if (use(R78)) ended(signal);
  else resumeWithout();
}

function handle(signal: u32, wantsFrame: bool): void {
  restartUnderHandler(signal);
  if (!setupRtFrame(signal, wantsFrame)) iret();
}

export let R9: u32 = 0;
export const R9_text = "{signal} ends the process at once.";
export const R9_source = "complete_signal, kernel/signal.c, 6.12";
export let R9_signal: u32 = SIGKILL;

/** Whether a signal that is sent at another stop has ended the process. */
export function complete(signal: u32): bool {
  if (signal != R9_signal || !use(R9)) return false;
  ended(signal);
  return true;
}
