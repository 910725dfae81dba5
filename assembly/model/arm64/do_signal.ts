// do_signal, arch/arm64/kernel/signal.c: interrupted calls on the way to a stop by a signal

import { REG_pc, REG_x0 } from "../../arm64/registers";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGTRAP } from "../../linux/signal";
import { isIn, SYNCHRONOUS } from "../actions";
import { get, knows, put, set } from "../registers";
import { use } from "../rule";
import { stopBySignal } from "./force_sig";
import { REG_syscallno, task } from "./task";

/**
 * On the way to a stop by a signal, a call whose result, the low half of x0, is {sys} to {noHand} (-ERESTARTSYS,
 * -ERESTARTNOINTR, -ERESTARTNOHAND) or {block} (-ERESTART_RESTARTBLOCK) is restarted: x0 is its first argument, and
 * pc goes back by {size}. A call whose number is {none} is not.
 * @source do_signal, arch/arm64/kernel/signal.c, 6.12
 */
export let R203: u32 = 0;
export let R203_sys: i32 = -512;
export let R203_noHand: i32 = -514;
export let R203_block: i32 = -516;
export let R203_size: u64 = 4;
export let R203_none: u64 = 0xffff_ffff;

/**
 * At a stop by a signal, and behind a call, syscallno is {none}.
 * @source forget_syscall, arch/arm64/include/asm/processor.h; kernel_entry, arch/arm64/kernel/entry.S, 6.12
 */
export let R204: u32 = 0;
export let R204_none: u64 = 0xffff_ffff;

/** Up to the stop by a signal, from a call. */
export function interrupt(): void {
  if (get(REG_syscallno) == R203_none) return;
  const result = i32(get(REG_x0));
  const restarts = (result <= R203_sys && result >= R203_noHand) || result == R203_block;
  if (knows(REG_x0) && restarts && use(R203)) {
    set(REG_x0, task.first);
    put(REG_pc, get(REG_pc) - R203_size);
  }
  forgetCall();
}

/** The task is not in a call any more. */
export function forgetCall(): void {
  if (get(REG_syscallno) != R204_none && use(R204)) put(REG_syscallno, R204_none);
}

/**
 * The signal given at a stop of a call is sent: the task stops by it, si_code {code} (SI_KERNEL), before it executes
 * anything.
 * @source ptrace_report_syscall, include/linux/ptrace.h, 6.12
 */
export let R205: u32 = 0;
export let R205_code: i32 = SI_KERNEL;

/** Whether a signal that was sent, if any, has stopped the task. */
export function stopBySent(signal: u32): bool {
  if (signal == 0 || !use(R205)) return false;
  interrupt();
  stopBySignal(signal, R205_code, 0);
  return true;
}

/**
 * SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS ({set}), if the kernel raised them, are taken in the order in
 * which they were raised: before the trap of a single-step the signal that was sent.
 * @source dequeue_synchronous_signal, kernel/signal.c: SYNCHRONOUS_MASK, 6.12
 */
export let R232: u32 = 0;
export let R232_set: u64 = SYNCHRONOUS;

/**
 * A single-step over a call stops behind it, before the next instruction: SIGTRAP, si_code {code} (SI_USER).
 * @source user_single_step_report, include/linux/ptrace.h, 6.12
 */
export let R206: u32 = 0;
export let R206_code: i32 = 0;

/** Whether a single-step over a call has stopped the task, or before it a signal that was sent. */
export function stopByStep(sent: u32): bool {
  if (sent != 0 && isIn(sent, R232_set) && use(R232)) return stopBySent(sent);
  if (!use(R206)) return false;
  interrupt();
  stopBySignal(SIGTRAP, R206_code, 0);
  return true;
}
