// What the kernel remembers of the traced task during a prediction.

import { REG_eflags, REG_rax, REG_rip, REGISTERS_SIZE } from "../../amd64/registers";
import { clearWords } from "../../fuzz/records";
import { REGISTERS } from "../../fuzz/setup";
import { get, giveUp, knows, put } from "../prediction";

if (REGISTERS_SIZE != 8 * REGISTERS) ERROR("the encoder has another block");

/** The program counter, and the result of a call. */
export const PC: i32 = REG_rip;
export const RESULT: i32 = REG_rax;
/** The flags, and their place in struct sigcontext. */
export const FLAGS: i32 = REG_eflags;
export const FRAME_FLAGS: i32 = 17 * 8;

@unmanaged
export class Task {
  /** AT_SIGNAL and so on (../stops.ts). */
  stop: u32;
  /** TIF_SINGLESTEP and TIF_FORCED_TF: step.ts. */
  singlestep: bool;
  forcedTf: bool;
  /** PTRACE_SYSCALL; PTRACE_SYSEMU or PTRACE_SYSEMU_SINGLESTEP. */
  traces: bool;
  emulates: bool;
  /** The task is in a system call by SYSCALL. */
  inCall: bool;
  /** TS_COMPAT: it is in a 32-bit call. */
  in32: bool;
  /** TS_I386_REGS_POKED */
  poked32: bool;
  /** The last instruction pushed rax, or was MOV SS. */
  pushed: bool;
  afterMovSs: bool;
  /** The blocked signals. */
  blocked: u64;
  /** The signal by which it ends after a call that is not executed; 0 without one. */
  ends: u32;
  /** PKRU forbids accesses to its memory. */
  locked: bool;
  /** SYSCALL_WORK_SYSCALL_USER_DISPATCH, and the configuration as it is read back. */
  dispatches: bool;
  dispatchMode: u64;
  dispatchSelector: u64;
  dispatchOffset: u64;
  dispatchLength: u64;
  /** Hardware breakpoints, a bit each: those that exist, and those that are enabled. */
  breakpoints: u32;
  armed: u32;
  /** Those that report an access of the last instruction. */
  watched: u32;
  /** virtual_dr6, which debug register 6 is read back from, and 7, as it is read back. */
  debugStatus: u64;
  debugControl: u64;
}

/** TF, X86_EFLAGS_TF. */
export const TRAP_FLAG: u64 = 0x100;

/** A whole number of words. */
const TASK_SIZE = (i32(offsetof<Task>()) + 7) & ~7;
export const task = changetype<Task>(memory.data(TASK_SIZE, 8));

/** Sets the task to its state between two cases. */
export function startTask(): void {
  clearWords(changetype<usize>(task), TASK_SIZE / 8);
}

/** Cuts a register to its low half. */
export function cutTo32(register: i32): void {
  put(register, u64(u32(get(register))));
}

/** Whether any of these bits of eflags is set. */
export function hasFlags(mask: u64): bool {
  return (get(REG_eflags) & mask) != 0;
}

export function setFlags(mask: u64): void {
  put(REG_eflags, get(REG_eflags) | mask);
}

export function clearFlags(mask: u64): void {
  put(REG_eflags, get(REG_eflags) & ~mask);
}

/**
 * The outcome depends on a register that the model does not know, such as the pid of the task.
 * @source the model
 */
export let U6: u32 = 0;

/** Whether the prediction is given up because a register is not known. */
export function lacks(register: i32): bool {
  return giveUp(U6, !knows(register));
}
