// What the kernel remembers of the traced task during a prediction.

import { REG_pc, REG_pstate, REG_x0 } from "../../arm64/registers";
import { clearWords } from "../../fuzz/records";

/** The registers behind those of struct user_pt_regs. */
export const REG_syscallno: i32 = 272;
export const REG_tls: i32 = 280;
/** The program counter, and the result of a call. */
export const PC: i32 = REG_pc;
export const RESULT: i32 = REG_x0;
/** The flags, and their place in struct sigcontext. */
export const FLAGS: i32 = REG_pstate;
export const FRAME_FLAGS: i32 = 34 * 8;

@unmanaged
export class Task {
  /** AT_SIGNAL and so on (../stops.ts). */
  stop: u32;
  /** TIF_SINGLESTEP */
  singlestep: bool;
  /** PTRACE_SYSCALL; PTRACE_SYSEMU or PTRACE_SYSEMU_SINGLESTEP. */
  traces: bool;
  emulates: bool;
  /** It has pushed x0. */
  pushed: bool;
  /** orig_x0 */
  first: u64;
  /** x7, which reads as something else at a stop of a call. */
  x7: u64;
  /** Of do_signal, while a signal has interrupted a call: its result, and where it is restarted; 0 without a call. */
  result: i32;
  restartAt: u64;
  /** The blocked signals: none, as no way of a setup writes them. */
  blocked: u64;
}

/** A whole number of words. */
const TASK_SIZE = (i32(offsetof<Task>()) + 7) & ~7;
export const task = changetype<Task>(memory.data(TASK_SIZE, 8));

/** Sets the task to its state between two cases. */
export function startTask(): void {
  clearWords(changetype<usize>(task), TASK_SIZE / 8);
}
