// syscall_trace_enter and syscall_exit_work, kernel/entry/common.c: the stops at a system call

import { REG_rax, REG_rip } from "../../amd64/registers";
import { TRAP_BRKPT } from "../../linux/siginfo";
import { SIGTRAP } from "../../linux/signal";
import { ended, get, set } from "../prediction";
import { use } from "../rule";
import { forceSignal } from "../send_signal";
import { AT_ENTRY, AT_EXIT, AT_SYSEMU } from "../stops";
import { stopByNotice, stopByPending } from "./force_sig";
import { syscallUserDispatch } from "./syscall_user_dispatch";
import { task } from "./task";

/**
 * PTRACE_SYSCALL, PTRACE_SYSEMU and PTRACE_SYSEMU_SINGLESTEP stop at the entry of a call: SIGTRAP and {bit}, with rax
 * = {result} (-ENOSYS).
 * @source syscall_trace_enter, kernel/entry/common.c; ptrace_report_syscall, include/linux/ptrace.h;
 * entry_SYSCALL_64_after_hwframe, arch/x86/entry/entry_64.S, 6.12
 */
export let R39: u32 = 0;
export let R39_bit: u32 = 0x80;
export let R39_result: i64 = -38;

/** Returns whether the task has stopped. */
export function syscallTraceEnter(): bool {
  if (task.dispatches && syscallUserDispatch()) {
    if (task.ends != 0) endAtExit(task.ends);
    return true;
  }
  if (!(task.traces || task.emulates) || !use(R39)) return false;
  set(REG_rax, u64(R39_result));
  return stopByNotice(SIGTRAP | R39_bit, SIGTRAP | R39_bit, task.traces ? AT_ENTRY : AT_SYSEMU);
}

/**
 * PTRACE_SYSCALL stops at the exit of a call: SIGTRAP and {bit}.
 * @source syscall_exit_work, kernel/entry/common.c, 6.12
 */
export let R34: u32 = 0;
export let R34_bit: u32 = 0x80;

/** The task ends by a signal, after its stop at the exit of the call. */
function endAtExit(signal: u32): void {
  set(REG_rax, u64(R39_result));
  if (!task.traces || !syscallExitWork(false)) ended(signal);
}

/**
 * PTRACE_SYSEMU_SINGLESTEP does not trap at the exit of a call.
 * @source report_single_step, kernel/entry/common.c, 6.12
 */
export let R36: u32 = 0;

/**
 * A single-step traps at the exit of a call, before the task executes anything: {signal}, si_code {code}
 * (TRAP_BRKPT), si_addr = rip.
 * @source user_single_step_report, arch/x86/kernel/ptrace.c, 6.12
 */
export let R35: u32 = 0;
export let R35_signal: u32 = SIGTRAP;
export let R35_code: i32 = TRAP_BRKPT;

/**
 * Returns whether the task has stopped.
 *
 * @param isExit whether the exit work was done before
 */
export function syscallExitWork(isExit: bool): bool {
  if (isExit && task.ends != 0) {
    ended(task.ends);
    return true;
  }
  if (!isExit && task.traces && use(R34)) {
    return stopByNotice(SIGTRAP | R34_bit, SIGTRAP | R34_bit, AT_EXIT);
  }
  const steps = !isExit && task.singlestep && !(task.emulates && use(R36));
  if (steps && use(R35)) forceSignal(R35_signal, R35_code, get(REG_rip));
  return stopByPending();
}
