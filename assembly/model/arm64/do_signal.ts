// do_signal, arch/arm64/kernel/signal.c: interrupted calls on the way to a stop by a signal

import { REG_pc, REG_x0, REG_x8 } from "../../arm64/registers";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGUSR2 } from "../../linux/signal";
import { get, knows, put, set } from "../prediction";
import { use } from "../rule";
import { hasPending, sendSignal } from "../send_signal";
import { stopByPending } from "./force_sig";
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
 * @source forget_syscall, arch/arm64/include/asm/ptrace.h; kernel_entry, arch/arm64/kernel/entry.S, 6.12
 */
export let R204: u32 = 0;
export let R204_none: u64 = 0xffff_ffff;

/** do_signal, up to get_signal: whether a signal that is pending has stopped the task, maybe from a call. */
export function doSignal(): bool {
  if (!hasPending()) return false;
  task.restartAt = 0;
  if (get(REG_syscallno) != R203_none) interrupt();
  return stopByPending();
}

function interrupt(): void {
  const result = knows(REG_x0) ? i32(get(REG_x0)) : 0;
  const restarts = (result <= R203_sys && result >= R203_noHand) || result == R203_block;
  task.result = result;
  task.restartAt = get(REG_pc) - R203_size;
  if (restarts && use(R203)) {
    set(REG_x0, task.first);
    put(REG_pc, task.restartAt);
  }
  forgetCall();
}

/**
 * If a handler is entered after that, and pc is still there, a call with {noHand}, {block}, or, unless the signal has
 * SA_RESTART, as {restart} has, with {sys} is not restarted: x0 = {eintr} (-EINTR), and pc goes forth again.
 * @source do_signal, arch/arm64/kernel/signal.c, 6.12
 */
export let R235: u32 = 0;
export let R235_sys: i32 = -512;
export let R235_noHand: i32 = -514;
export let R235_block: i32 = -516;
export let R235_restart: u32 = SIGUSR2;
export let R235_eintr: i64 = -4;

/** Before a handler is entered. */
export function revertRestart(signal: u32): void {
  if (task.restartAt == 0 || get(REG_pc) != task.restartAt) return;
  const result = task.result;
  const reverts =
    result == R235_noHand || result == R235_block || (result == R235_sys && signal != R235_restart);
  if (!reverts || !use(R235)) return;
  set(REG_x0, u64(R235_eintr));
  put(REG_pc, task.restartAt + R203_size);
}

/**
 * Without a handler a call with {block} is restarted as {call} (restart_syscall): that is in x8.
 * @source setup_restart_syscall, do_signal, arch/arm64/kernel/signal.c, 6.12
 */
export let R236: u32 = 0;
export let R236_block: i32 = -516;
export let R236_call: u64 = 128;

/** On the way to user mode without a handler. */
export function restart(): void {
  if (task.restartAt == 0 || get(REG_pc) != task.restartAt) return;
  if (task.result == R236_block && use(R236)) set(REG_x8, R236_call);
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

export function sendAtCall(signal: u32): void {
  if (signal != 0 && use(R205)) sendSignal(signal, R205_code, 0);
}
