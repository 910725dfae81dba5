// force_sig_info_to_task, dequeue_synchronous_signal and ptrace_notify, kernel/signal.c: how the task stops.
// Functions that stop it, and do nothing else, return true: the task has stopped.

import { REG_orig_rax } from "../../amd64/registers";
import { SI_KERNEL, TRAP_BRKPT } from "../../linux/siginfo";
import { SIGTRAP } from "../../linux/signal";
import { isIn, SYNCHRONOUS } from "../actions";
import { info, infoWithoutAddress, known, outcome, resumed } from "../prediction";
import { knownRegisters, set } from "../registers";
import { use } from "../rule";
import { readBases } from "./process_64";
import { getFlags } from "./putreg";
import { placeInt80 } from "./target";
import { setFlags, task } from "./task";

/** The low byte of the status word of a stop. */
const STOPPED: u32 = 0x7f;

/** A stop with this signal number in its status word, whose siginfo is not predicted yet. */
export function stop(signal: u32): void {
  resumed(0, (signal << 8) | STOPPED);
  getFlags(outcome.stopped);
  known.stopped = readBases(outcome.stopped, knownRegisters);
}

/** Whether the task has stopped, and not ended. */
export function hasStopped(): bool {
  return (outcome.status & 0xff) == STOPPED;
}

/** A stop by a signal. */
export function stopBySignal(signal: u32, code: i32, address: u64): bool {
  stop(signal);
  info(signal, code, address);
  return true;
}

/** A stop of ptrace_notify, which reports the pid of the task itself in the field of si_addr. */
export function stopByNotice(signal: u32, code: i32): bool {
  stop(signal);
  infoWithoutAddress(SIGTRAP, code);
  return true;
}

/**
 * SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS ({SYNCHRONOUS_MASK}), if the kernel raised them, are taken
 * before all other signals, in the order in which they were raised.
 * @source dequeue_synchronous_signal, kernel/signal.c: SYNCHRONOUS_MASK, 6.12
 */
export let R73: u32 = 0;
export let R73_SYNCHRONOUS_MASK: u64 = SYNCHRONOUS;

/** Whether a signal of the kernel's own is taken before one that is raised later. */
export function isSynchronous(signal: u32): bool {
  return isIn(signal, R73_SYNCHRONOUS_MASK) && use(R73);
}

/**
 * A synchronous signal of the kernel's own that is blocked and pending is taken instead of one that an instruction
 * raises, with si_code {code}; that of a single-step with {step} and its si_addr.
 * @source dequeue_synchronous_signal, kernel/signal.c, 6.12
 */
export let R65: u32 = 0;
export let R65_code: i32 = SI_KERNEL;
export let R65_step: i32 = TRAP_BRKPT;

/** A signal that an instruction or a single-step raises. */
export function forceSig(signal: u32, code: i32, address: u64): bool {
  const pending = task.pending;
  const isTaken = pending != 0 && task.pendingIsKernels && isSynchronous(pending) && use(R65);
  if (!isTaken) return stopBySignal(signal, code, address);
  if (task.stepped) return stopBySignal(pending, R65_step, placeInt80 + 2);
  return stopBySignal(pending, R65_code, 0);
}

/**
 * An exception sets orig_rax to {none}: it is not a system call.
 * @source idtentry, arch/x86/entry/entry_64.S, 6.12
 */
export let R53: u32 = 0;
export let R53_none: i64 = -1;

/** A signal of an exception after the instruction. */
export function forceTrap(signal: u32, code: i32, address: u64): bool {
  if (use(R53)) set(REG_orig_rax, u64(R53_none));
  return forceSig(signal, code, address);
}

/**
 * A fault of an instruction sets RF ({flag}).
 * @source SDM volume 3, 18.3.1.1
 * @asked amd intel
 */
export let R51: u32 = 0;
export let R51_flag: u64 = 0x1_0000;

/** A signal of an exception that keeps the instruction from being executed. */
export function forceFault(signal: u32, code: i32, address: u64): bool {
  if (use(R51)) setFlags(R51_flag);
  return forceTrap(signal, code, address);
}
