// ptrace_resume, kernel/ptrace.c, on each architecture

import { ON_SINGLESTEP, ON_SYSCALL, ON_SYSEMU, ON_SYSEMU_SINGLESTEP } from "../fuzz/setup";
import { EIO } from "../linux/errno";
import { resumed } from "./prediction";
import { use } from "./rule";
import { task } from "./task";

/**
 * A request that resumes refuses a signal above {most}: {errno}.
 * @source ptrace_resume, kernel/ptrace.c: valid_signal, 6.12
 */
export let R1: u32 = 0;
export let R1_most: u32 = 64;
export let R1_errno: i32 = EIO;

/** Whether a request is refused because of its signal. */
export function refusesSignal(signal: u32): bool {
  if (signal <= R1_most || !use(R1)) return false;
  resumed(R1_errno, 0);
  return true;
}

/**
 * The signal given at a group-stop is ignored.
 * @source do_jobctl_trap, kernel/signal.c, 6.12
 */
export let R7: u32 = 0;

/**
 * The signal given at the entry of a handler, where a single-step has stopped, is ignored.
 * @source signal_setup_done, kernel/signal.c: ptrace_notify, 6.12
 */
export let R118: u32 = 0;

/** Which stops a request asks for. */
export function request(on: u32): void {
  task.traces = on == ON_SYSCALL;
  task.emulates = on == ON_SYSEMU || on == ON_SYSEMU_SINGLESTEP;
}

/** is_singlestep, and whether PTRACE_SYSEMU_SINGLESTEP steps. */
export function isSinglestep(on: u32): bool {
  return on == ON_SINGLESTEP || on == ON_SYSEMU_SINGLESTEP;
}
