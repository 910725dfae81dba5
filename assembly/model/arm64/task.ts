// The traced task during a prediction: its registers, which of them are known, and what the kernel remembers.

import { REG_pc, REG_pstate, REG_x0 } from "../../arm64/registers";
import { clearWords, copyWords } from "../../fuzz/records";
import { OUTCOME_SIZE, OUTCOME_stopped, REGISTERS } from "../../fuzz/setup";
import { baseline } from "./target";

/** The registers behind those of struct user_pt_regs. */
export const REG_syscallno: i32 = 272;
export const REG_tls: i32 = 280;
/** The program counter, and the result of a call. */
export const PC: i32 = REG_pc;
export const RESULT: i32 = REG_x0;
/** The flags, and their place in struct sigcontext. */
export const FLAGS: i32 = REG_pstate;
export const FRAME_FLAGS: i32 = 34 * 8;

/** The predicted outcome, in the layout of an outcome. What is not known in it is arbitrary. */
export const predicted: usize = memory.data(OUTCOME_SIZE, 8);
/** The registers of the task: those at the stop, once it has stopped. */
const registers: usize = predicted + OUTCOME_stopped;

export const ALL_KNOWN: u32 = 0xffff_ffff;

@unmanaged
export class Task {
  /** Bit n: register n is known; the last bit stands for register 31 and all after it. */
  known: u32;
  /** TIF_SINGLESTEP */
  stepping: bool;
  /** PTRACE_SYSCALL; PTRACE_SYSEMU or PTRACE_SYSEMU_SINGLESTEP. */
  traces: bool;
  emulates: bool;
  /** It is at a stop of a call, or at that of its exit. */
  atCall: bool;
  atExit: bool;
  /** It has pushed x0. */
  pushed: bool;
  /** orig_x0 */
  first: u64;
}

export const task = changetype<Task>(memory.data(offsetof<Task>(), 8));

/** Sets the task to its state between two cases. */
export function startTask(): void {
  clearWords(changetype<usize>(task), offsetof<Task>() / 8);
  task.known = ALL_KNOWN;
  copyWords(registers, usize(baseline), 8 * REGISTERS);
}

/** Registers are named by their byte offset in the block: REG_pc and so on. */
export function get(register: i32): u64 {
  return load<u64>(registers + register);
}

export function put(register: i32, word: u64): void {
  store<u64>(registers + register, word);
}

/** Puts a word that is known. */
export function set(register: i32, word: u64): void {
  put(register, word);
  task.known |= bit(register);
}

export function copy(from: i32, to: i32): void {
  put(to, get(from));
  task.known = knows(from) ? task.known | bit(to) : task.known & ~bit(to);
}

export function forget(register: i32): void {
  task.known &= ~bit(register);
}

export function knows(register: i32): bool {
  return (task.known & bit(register)) != 0;
}

function bit(register: i32): u32 {
  return 1 << min(register >> 3, 31);
}

/** Copies all registers to an address. */
export function saveRegisters(to: usize): void {
  copyWords(to, registers, 8 * REGISTERS);
}

/** Whether a signal is in a set. */
export function isIn(signal: u32, set: u64): bool {
  return ((set >> (signal - 1)) & 1) != 0;
}
