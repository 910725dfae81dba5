// A system call on amd64: the number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; the result in
// rax; rcx and r11 are lost (syscall(2), "Architecture calling conventions").

import { ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS } from "../linux/errno";
import { REGISTERS_SIZE, Registers } from "./registers";

/** Length of the SYSCALL instruction (0f 05) in bytes. */
const SYSCALL_LENGTH: u64 = 2;

/** The largest errno that a system call returns: MAX_ERRNO in the kernel's include/linux/err.h. */
const MAX_ERRNO: u64 = 4095;

/**
 * Writes the frame of one system call to `block`: everything as in `initial`, but for the number and
 * the six arguments. `orig_rax` becomes -1, so that a signal on the way to the SYSCALL cannot make the
 * kernel "restart" the call that the stub stopped in.
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

/** The errno of a system call's result (-4095 to -1), or 0 where it is a value. */
export function syscallErrno(result: u64): i32 {
  const negated: u64 = 0 - result;
  return negated - 1 < MAX_ERRNO ? i32(negated) : 0;
}

/**
 * 1 for the kernel's four requests to run the call again, which only a tracer sees (the kernel's
 * include/linux/errno.h); 0 for any other errno.
 */
export function restartsSyscall(errno: i32): i32 {
  return i32(
    errno == ERESTARTSYS ||
      errno == ERESTARTNOINTR ||
      errno == ERESTARTNOHAND ||
      errno == ERESTART_RESTARTBLOCK,
  );
}
