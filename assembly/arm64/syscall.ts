// A system call of a stub on arm64: the number in x8, arguments in x0 to x5; the result in x0 (syscall(2),
// "Architecture calling conventions").

import { SYS_restart_syscall } from "../../build/calls";
import { ERESTART_RESTARTBLOCK, restartsSyscall, syscallErrno } from "../linux/errno";
import { REGISTERS_SIZE, Registers } from "./registers";

/** Length of the SVC instruction (d4000001) in bytes. */
const SVC_LENGTH: u64 = 4;

/**
 * Writes the frame of one system call to `block`: everything as in `initial`, except the number and
 * the six arguments. The block does not contain the state that makes the kernel restart a call.
 */
export function encodeSyscall(
  block: usize,
  initial: usize,
  number: u64,
  arg0: u64,
  arg1: u64,
  arg2: u64,
  arg3: u64,
  arg4: u64,
  arg5: u64,
): void {
  memory.copy(block, initial, REGISTERS_SIZE);
  const registers = changetype<Registers>(block);
  registers.x8 = number;
  registers.x0 = arg0;
  registers.x1 = arg1;
  registers.x2 = arg2;
  registers.x3 = arg3;
  registers.x4 = arg4;
  registers.x5 = arg5;
}

/** Moves pc of `block` back over the SVC that was just executed. */
export function rewindSyscall(block: usize): void {
  changetype<Registers>(block).pc -= SVC_LENGTH;
}

/** The word that the system call left in x0. */
export function syscallResult(block: usize): u64 {
  return changetype<Registers>(block).x0;
}

/**
 * Changes `block` as the kernel does before it restarts a call, if no handler runs for the signal (do_signal in the
 * kernel's arch/arm64/kernel/signal.c). The result has overwritten the first argument, which is restored from
 * `original`.
 *
 * @returns 1; 0 if the result does not request a restart, with the block unchanged.
 */
export function restartSyscall(block: usize, original: u64): i32 {
  const registers = changetype<Registers>(block);
  const errno = syscallErrno(registers.x0);
  if (restartsSyscall(errno) == 0) return 0;
  registers.x0 = original;
  registers.pc -= SVC_LENGTH;
  if (errno == ERESTART_RESTARTBLOCK) registers.x8 = SYS_restart_syscall;
  return 1;
}

// The bootstrap convention of the stub code on arm64:
//
//   x7  the pid that getppid() must return, or the stub exits with status 1
//   x9  1: the system call injected next is a clone, whose child starts the stub code over
//
// x7 and x9, because system calls change neither and take neither as an argument.

/** Makes `block` the frame of a cloning stub whose child must have `parent` as its parent. */
export function encodeBootstrap(block: usize, parent: i32): void {
  const registers = changetype<Registers>(block);
  registers.x7 = u32(parent);
  registers.x9 = 1;
}
