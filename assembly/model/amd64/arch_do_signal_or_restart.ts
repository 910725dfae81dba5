// handle_signal, get_nr_restart_syscall and arch_do_signal_or_restart, arch/x86/kernel/signal.c

import { REG_orig_rax, REG_rax, REG_rip } from "../../amd64/registers";
import { SIGTRAP, SIGUSR2 } from "../../linux/signal";
import { HANDLE, IGNORE } from "../actions";
import { SOME_ID } from "../harmless_calls";
import { copy, get, giveUp, knows, put, set } from "../prediction";
import { use } from "../rule";
import { AT_HANDLER } from "../stops";
import { forceSig, stopByNotice, stopByPending } from "./force_sig";
import { initFpstate } from "./fpstate";
import { getSignal } from "./get_signal";
import { R19_code, R19_signal, setupRtFrame } from "./setup_rt_frame";
import { userDisableSingleStep } from "./step";
import { clearFlags, task, U6 } from "./task";

/**
 * No call is restarted if the low half of orig_rax is {none}.
 * @source syscall_get_nr, arch/x86/include/asm/syscall.h, 6.12
 * @needs negative_restart
 * @since 5.14
 */
export let R12: u32 = 0;
export let R12_none: u64 = 0xffff_ffff;

/**
 * No call is restarted if the low half of orig_rax is {least} or more: negative.
 * @source arch_do_signal, arch/x86/kernel/signal.c: syscall_get_nr() >= 0, 5.10
 * @needs !negative_restart
 */
export let R103: u32 = 0;
export let R103_least: u64 = 0x8000_0000;

/** syscall_get_nr: whether the task is in no call. */
export function isNoCall(): bool {
  const number = get(REG_orig_rax) & 0xffff_ffff;
  return (number == R12_none && use(R12)) || (number >= R103_least && use(R103));
}

/**
 * In a 32-bit call an error is the low half of rax, sign-extended.
 * @source syscall_get_error, arch/x86/include/asm/syscall.h: TS_COMPAT, 6.12
 * @needs ia32
 */
export let R84: u32 = 0;

/** Whether a call may have returned an error that is not known. */
function lacksError(): bool {
  return giveUp(U6, !knows(REG_rax) && get(REG_rax) != SOME_ID);
}

/** syscall_get_error: the errno that a call has returned, negative; 0 without one. */
function syscallGetError(): i64 {
  const result = get(REG_rax);
  const error = (task.in32 || task.poked32) && use(R84) ? i64(i32(result)) : i64(result);
  return error < -4095 || error >= 0 ? 0 : error;
}

/** rax = orig_rax, and rip goes back over the instruction. */
function restart(size: u64): void {
  copy(REG_orig_rax, REG_rax);
  put(REG_rip, get(REG_rip) - size);
}

/**
 * If a handler is entered, rax {noHand} (-ERESTARTNOHAND) and {block} (-ERESTART_RESTARTBLOCK) become {result}
 * (-EINTR).
 * @source handle_signal, arch/x86/kernel/signal.c, 6.12
 */
export let R13: u32 = 0;
export let R13_noHand: i64 = -514;
export let R13_block: i64 = -516;
export let R13_result: i64 = -4;

/**
 * If a handler is entered, rax {code} (-ERESTARTSYS) becomes {result} (-EINTR), unless the signal, like {restart}
 * here, has SA_RESTART.
 * @source handle_signal, arch/x86/kernel/signal.c, 6.12
 */
export let R14: u32 = 0;
export let R14_code: i64 = -512;
export let R14_result: i64 = -4;
export let R14_restart: u32 = SIGUSR2;

/**
 * Otherwise, if a handler is entered, a call with rax {noIntr} (-ERESTARTNOINTR) or {sys} (-ERESTARTSYS) is restarted
 * after it: rax = orig_rax, and rip goes back by {size}.
 * @source handle_signal, arch/x86/kernel/signal.c, 6.12
 */
export let R15: u32 = 0;
export let R15_noIntr: i64 = -513;
export let R15_sys: i64 = -512;
export let R15_size: u64 = 2;

/** A call that a signal has interrupted, before its handler is entered. */
function restartUnderHandler(signal: u32): void {
  const error = syscallGetError();
  if (error == 0 || isNoCall()) return;
  if ((error == R13_noHand || error == R13_block) && use(R13)) set(REG_rax, u64(R13_result));
  else if (error == R14_code && signal != R14_restart && use(R14)) set(REG_rax, u64(R14_result));
  else if ((error == R15_noIntr || error == R15_sys) && use(R15)) restart(R15_size);
}

/**
 * TF that a single-step set is cleared before the frame is written, and the single-step ends.
 * @source handle_signal, arch/x86/kernel/signal.c, 6.12
 */
export let R77: u32 = 0;

/**
 * A handler is entered without TF, DF and RF ({cleared}).
 * @source handle_signal, arch/x86/kernel/signal.c, 6.12
 */
export let R22: u32 = 0;
export let R22_cleared: u64 = 0x1_0500;

/**
 * Under a single-step the task stops as soon as a handler is entered: {signal}, si_code {code}.
 * @source signal_setup_done, kernel/signal.c; ptrace_notify, 6.12
 */
export let R24: u32 = 0;
export let R24_signal: u32 = SIGTRAP;
export let R24_code: i32 = SIGTRAP;

/**
 * A handler begins with the floating point of a new program.
 * @source handle_signal, arch/x86/kernel/signal.c: fpu__clear_user_states, 6.12
 */
export let R119: u32 = 0;

/** handle_signal and signal_setup_done. Returns whether the task has stopped. */
function handleSignal(signal: u32, wantsFrame: bool): bool {
  if (lacksError()) return true;
  restartUnderHandler(signal);
  const stepping = task.singlestep;
  if (stepping && use(R77)) userDisableSingleStep();
  if (setupRtFrame(signal, wantsFrame) != 0) return forceSig(R19_signal, R19_code, 0);
  if (use(R22)) clearFlags(R22_cleared);
  if (use(R119)) {
    initFpstate();
    task.locked = false;
  }
  if (stepping && use(R24)) return stopByNotice(R24_signal, R24_code, AT_HANDLER);
  return stopByPending();
}

/**
 * If no handler is entered, a call is restarted if rax is {first} to {last} (-ERESTARTNOHAND, -ERESTARTNOINTR,
 * -ERESTARTSYS): rax = orig_rax, and rip goes back by {size}, wherever it is.
 * @source arch_do_signal_or_restart, arch/x86/kernel/signal.c, 6.12
 */
export let R10: u32 = 0;
export let R10_first: i64 = -514;
export let R10_last: i64 = -512;
export let R10_size: u64 = 2;

/**
 * If no handler is entered and rax is {code} (-ERESTART_RESTARTBLOCK), rax becomes {call} (restart_syscall), and rip
 * goes back by {size}. In a 32-bit call it becomes {call32}: the number for 32 bits, 0, is for a call that the kernel
 * itself has interrupted.
 * @source arch_do_signal_or_restart, get_nr_restart_syscall, arch/x86/kernel/signal.c: arch_data, 6.12
 */
export let R11: u32 = 0;
export let R11_code: i64 = -516;
export let R11_call: u64 = 219;
export let R11_call32: u64 = 219;
export let R11_size: u64 = 2;

/**
 * restart_syscall keeps the bit of x32 that orig_rax has ({bit}).
 * @source get_nr_restart_syscall, arch/x86/kernel/signal.c: CONFIG_X86_X32_ABI, 6.12
 * @needs x32
 */
export let R109: u32 = 0;
export let R109_bit: u64 = 0x4000_0000;

/** get_nr_restart_syscall */
function getNrRestartSyscall(): u64 {
  const call = task.in32 ? R11_call32 : R11_call;
  const kept = get(REG_orig_rax) & R109_bit;
  return kept != 0 && use(R109) ? call | kept : call;
}

/**
 * What becomes of the signal with which a task is resumed, and of a call that it has interrupted. Returns whether the
 * task has stopped.
 */
export function archDoSignalOrRestart(signal: u32, wantsFrame: bool): bool {
  const action = getSignal(signal);
  if (action == HANDLE) return handleSignal(signal, wantsFrame);
  if (action != IGNORE) return true;
  const error = syscallGetError();
  if ((error == 0 && knows(REG_rax)) || isNoCall()) return false;
  if (lacksError()) return true;
  if (error >= R10_first && error <= R10_last && use(R10)) restart(R10_size);
  else if (error == R11_code && use(R11)) {
    set(REG_rax, getNrRestartSyscall());
    put(REG_rip, get(REG_rip) - R11_size);
  }
  return false;
}
