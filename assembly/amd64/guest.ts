// A guest's registers, as its tracer finds and leaves them: the frame of the system call that it made, and
// what has to be the stub's own in them.

import { Registers } from "./registers";

/** The trap flag: single-stepping. The others are the guest's own business. */
export const X86_EFLAGS_TF: u64 = 0x100;

/**
 * Makes `block` fit to be resumed: the segment selectors are those of `initial`, for they are no guest's to
 * choose, and `orig_rax` is -1, so that no signal can make the kernel restart a call that is over.
 */
export function enterGuest(block: usize, initial: usize): void {
  const registers = changetype<Registers>(block);
  const own = changetype<Registers>(initial);
  registers.cs = own.cs;
  registers.ss = own.ss;
  registers.ds = own.ds;
  registers.es = own.es;
  registers.fs = own.fs;
  registers.gs = own.gs;
  registers.orig_rax = u64.MAX_VALUE;
}

/** 1 if the guest single-steps itself. */
export function isSingleStepping(block: usize): i32 {
  return i32((changetype<Registers>(block).eflags & X86_EFLAGS_TF) != 0);
}

/**
 * The number of the system call that a guest stopped at. The kernel put -ENOSYS into rax at the entry
 * (PTRACE_SYSEMU); it gets the number back.
 */
export function decodeGuestSyscall(block: usize): i32 {
  const registers = changetype<Registers>(block);
  registers.rax = registers.orig_rax;
  return i32(registers.orig_rax);
}

/** The argument of that call with index 0 to 5; 0 for another index. */
export function guestArgument(block: usize, index: i32): u64 {
  const registers = changetype<Registers>(block);
  switch (index) {
    case 0:
      return registers.rdi;
    case 1:
      return registers.rsi;
    case 2:
      return registers.rdx;
    case 3:
      return registers.r10;
    case 4:
      return registers.r8;
    case 5:
      return registers.r9;
    default:
      return 0;
  }
}

/** Answers the call that a guest stopped at. */
export function encodeGuestResult(block: usize, result: u64): void {
  changetype<Registers>(block).rax = result;
}

/**
 * Undoes what the kernel's emulation of a call into the vsyscall page did before a filter trapped it: RIP
 * goes back to the page, and the return address back onto the stack.
 */
export function rewindVsyscall(block: usize, address: u64): void {
  const registers = changetype<Registers>(block);
  registers.rip = address;
  registers.rsp -= 8;
}
