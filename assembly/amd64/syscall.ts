// A system call of a stub on amd64: the number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; the result in
// rax; rcx and r11 are lost (syscall(2), "Architecture calling conventions").

import { SYS_restart_syscall } from "../../build/calls";
import { ERESTART_RESTARTBLOCK, restartsSyscall, syscallErrno } from "../linux/errno";
import { REGISTERS_SIZE, Registers } from "./registers";

/** Length of the SYSCALL instruction (0f 05) in bytes. */
const SYSCALL_LENGTH: u64 = 2;

/**
 * Writes the frame of one system call to `block`: everything as in `initial`, except the number and the six arguments.
 * `orig_rax` becomes -1, so that a signal before the SYSCALL cannot make the kernel "restart" the call in which the
 * stub stopped.
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
  registers.rax = number;
  registers.orig_rax = u64.MAX_VALUE;
  registers.rdi = arg0;
  registers.rsi = arg1;
  registers.rdx = arg2;
  registers.r10 = arg3;
  registers.r8 = arg4;
  registers.r9 = arg5;
}

/** Moves RIP of `block` back over the SYSCALL that was just executed. */
export function rewindSyscall(block: usize): void {
  changetype<Registers>(block).rip -= SYSCALL_LENGTH;
}

/** The word that the system call left in rax. */
export function syscallResult(block: usize): u64 {
  return changetype<Registers>(block).rax;
}

/**
 * Changes `block` as the kernel does before it restarts a call, if no handler runs for the signal
 * (arch_do_signal_or_restart in the kernel's arch/x86/kernel/signal.c). The number is still in `orig_rax`, where -1
 * means that no call is in progress; the first argument is still in its register.
 *
 * @returns 1; 0 if there is nothing to restart, with the block unchanged.
 */
export function restartSyscall(block: usize, _original: u64): i32 {
  const registers = changetype<Registers>(block);
  const errno = syscallErrno(registers.rax);
  if (restartsSyscall(errno) == 0 || i32(registers.orig_rax) == -1) return 0;
  registers.rax = errno == ERESTART_RESTARTBLOCK ? SYS_restart_syscall : registers.orig_rax;
  registers.rip -= SYSCALL_LENGTH;
  return 1;
}

// The bootstrap convention of the stub code (shim/core/amd64/stub.S):
//
//   r15  the pid that getppid() must return, or the stub exits with status 1
//   rbx  1: the system call injected next is a clone, whose child starts the stub code over
//
// R15 and RBX, because system calls change neither.

/** Makes `block` the frame of a cloning stub whose child must have `parent` as its parent. */
export function encodeBootstrap(block: usize, parent: i32): void {
  const registers = changetype<Registers>(block);
  registers.r15 = u32(parent);
  registers.rbx = 1;
}
