// el0_svc_common, arch/arm64/kernel/syscall.c, and syscall_trace_enter and syscall_trace_exit,
// arch/arm64/kernel/ptrace.c

import { REG_pstate, REG_x0, REG_x8 } from "../../arm64/registers";
import { SIGTRAP } from "../../linux/signal";
import { harmlessCall } from "../harmless_calls";
import { get, put, set } from "../prediction";
import { use } from "../rule";
import { forceSignal } from "../send_signal";
import { AT_ENTRY, AT_EXIT, AT_SYSEMU } from "../stops";
import { doSignal, forgetCall } from "./do_signal";
import { stopByNotice } from "./force_sig";
import { REG_syscallno, task } from "./task";
import { showCall } from "./write";

/**
 * SVC calls the kernel: syscallno is the low half of x8.
 * @source do_el0_svc, arch/arm64/kernel/syscall.c, 6.12
 */
export let R207: u32 = 0;

/**
 * A call with the number {none} gets the result {result} (-ENOSYS) before it is traced.
 * @source el0_svc_common, arch/arm64/kernel/syscall.c, 6.12
 */
export let R208: u32 = 0;
export let R208_none: u64 = 0xffff_ffff;
export let R208_result: i64 = -38;

/**
 * PTRACE_SYSCALL, PTRACE_SYSEMU and PTRACE_SYSEMU_SINGLESTEP stop at the entry of a call: SIGTRAP and {bit}.
 * @source syscall_trace_enter, arch/arm64/kernel/ptrace.c, 6.12
 */
export let R209: u32 = 0;
export let R209_bit: u32 = 0x80;

/**
 * SVC is the step of a single-step: PSTATE.SS ({bit}) is 0 behind it.
 * @source Arm ARM, D2.12
 * @asked tcg
 */
export let R231: u32 = 0;
export let R231_bit: u64 = 0x20_0000;

/** SVC, whose pc is already behind it. Returns whether the task has stopped. */
export function svc(): bool {
  if (use(R207)) put(REG_syscallno, u32(get(REG_x8)));
  if (task.singlestep && use(R231)) put(REG_pstate, get(REG_pstate) & ~R231_bit);
  task.first = get(REG_x0);
  if (get(REG_syscallno) == R208_none && use(R208)) set(REG_x0, u64(R208_result));
  if ((task.traces || task.emulates) && use(R209)) {
    showCall(false);
    stopByNotice(SIGTRAP | R209_bit, SIGTRAP | R209_bit, task.traces ? AT_ENTRY : AT_SYSEMU);
    return true;
  }
  harmlessCall(u32(get(REG_syscallno)));
  if (traceExit() || doSignal()) return true;
  forgetCall();
  return false;
}

/**
 * PTRACE_SYSCALL stops at the exit of a call: SIGTRAP and {bit}.
 * @source syscall_trace_exit, arch/arm64/kernel/ptrace.c, 6.12
 */
export let R210: u32 = 0;
export let R210_bit: u32 = 0x80;

/**
 * A single-step over a call stops behind it, before the next instruction: SIGTRAP, si_code {code} (SI_USER).
 * @source user_single_step_report, include/linux/ptrace.h, 6.12
 */
export let R206: u32 = 0;
export let R206_code: i32 = 0;

/** syscall_trace_exit: whether the task has stopped at the exit of a call. */
export function traceExit(): bool {
  if (task.singlestep && use(R206)) forceSignal(SIGTRAP, R206_code, 0);
  else if (task.traces && use(R210)) {
    showCall(true);
    stopByNotice(SIGTRAP | R210_bit, SIGTRAP | R210_bit, AT_EXIT);
    return true;
  }
  return false;
}
