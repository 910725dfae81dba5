// get_signal, kernel/signal.c: what becomes of a signal, on each architecture

import {
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGILL,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
} from "../linux/signal";
import { use } from "./rule";

/** Signals by their effect on a target: bit n - 1 stands for signal n. */
export const HANDLED: u64 = (1 << (SIGUSR1 - 1)) | (1 << (SIGUSR2 - 1));
export const IGNORED: u64 =
  (1 << (SIGCHLD - 1)) | (1 << (SIGCONT - 1)) | (1 << (SIGURG - 1)) | (1 << (SIGWINCH - 1));
/** SYNCHRONOUS_MASK: those that instructions raise. */
export const SYNCHRONOUS: u64 =
  (1 << (SIGILL - 1)) |
  (1 << (SIGTRAP - 1)) |
  (1 << (SIGBUS - 1)) |
  (1 << (SIGFPE - 1)) |
  (1 << (SIGSEGV - 1)) |
  (1 << (SIGSYS - 1));
export const TTY_STOPS: u64 = (1 << (SIGTSTP - 1)) | (1 << (SIGTTIN - 1)) | (1 << (SIGTTOU - 1));

/**
 * The signals {set} have a handler, which is entered.
 * @source the target: SIGUSR1 and SIGUSR2
 */
export let R6: u32 = 0;
export let R6_set: u64 = HANDLED;

/**
 * SIGCHLD, SIGCONT, SIGURG and SIGWINCH ({SIG_KERNEL_IGNORE_MASK}) do nothing without a handler.
 * @source sig_kernel_ignore, include/linux/signal.h, 6.12
 */
export let R3: u32 = 0;
export let R3_SIG_KERNEL_IGNORE_MASK: u64 = IGNORED;

/**
 * SIGTSTP, SIGTTIN and SIGTTOU ({set}) do nothing in an orphaned process group, as a stub's is.
 * @source get_signal, kernel/signal.c, 6.12
 */
export let R4: u32 = 0;
export let R4_set: u64 = TTY_STOPS;

/**
 * {signal} stops the process, and such a stop has no siginfo.
 * @source do_signal_stop, kernel/signal.c, 6.12
 */
export let R5: u32 = 0;
export let R5_signal: u32 = SIGSTOP;

/**
 * Every other signal ends the process.
 * @source get_signal, kernel/signal.c, 6.12
 */
export let R78: u32 = 0;

/**
 * {signal} ends the process at once.
 * @source complete_signal, kernel/signal.c, 6.12
 */
export let R9: u32 = 0;
export let R9_signal: u32 = SIGKILL;

export const HANDLE: u32 = 0;
export const IGNORE: u32 = 1;
export const STOP: u32 = 2;
export const END: u32 = 3;

/** What a target does with a signal. */
export function actionOf(signal: u32): u32 {
  const set: u64 = u64(1) << (signal - 1);
  if ((R6_set & set) != 0 && use(R6)) return HANDLE;
  if (((R3_SIG_KERNEL_IGNORE_MASK & set) != 0 && use(R3)) || ((R4_set & set) != 0 && use(R4)))
    return IGNORE;
  if (signal == R5_signal && use(R5)) return STOP;
  return use(R78) ? END : IGNORE;
}

/** Whether a signal that is sent at another stop than by a signal ends the process. */
export function killsAtOnce(signal: u32): bool {
  return signal == R9_signal && use(R9);
}

/** Whether a signal is in a set. */
export function isIn(signal: u32, set: u64): bool {
  return ((set >> (signal - 1)) & 1) != 0;
}
