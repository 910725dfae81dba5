// A guest's registers at a stop and before a resume: the frame of its system call, and the words that must be the
// stub's own.

import { Arguments } from "../linux/arguments";
import { Registers } from "./registers";

/** The trap flag: single-stepping. */
export const X86_EFLAGS_TF: u64 = 0x100;

/**
 * Prepares `block` for a resume: the segment selectors become those of `initial`, because no guest may choose them, and
 * `orig_rax` becomes -1, so that no signal can make the kernel restart a call that has ended.
 *
 * @returns 1 if the guest single-steps itself, else 0.
 */
export function enterGuest(block: usize, initial: usize): i32 {
  const registers = changetype<Registers>(block);
  const own = changetype<Registers>(initial);
  registers.cs = own.cs;
  registers.ss = own.ss;
  registers.ds = own.ds;
  registers.es = own.es;
  registers.fs = own.fs;
  registers.gs = own.gs;
  registers.orig_rax = u64.MAX_VALUE;
  return i32((registers.eflags & X86_EFLAGS_TF) != 0);
}

/**
 * Returns the number of the system call that a guest stopped at, and writes its arguments to `at`. Writes the number to
 * rax, where the kernel put -ENOSYS at the entry (PTRACE_SYSEMU).
 */
export function decodeGuestSyscall(block: usize, at: usize): i32 {
  const registers = changetype<Registers>(block);
  const args = changetype<Arguments>(at);
  args.arg0 = registers.rdi;
  args.arg1 = registers.rsi;
  args.arg2 = registers.rdx;
  args.arg3 = registers.r10;
  args.arg4 = registers.r8;
  args.arg5 = registers.r9;
  registers.rax = registers.orig_rax;
  return i32(registers.orig_rax);
}

/** Sets the result of the call that a guest stopped at. */
export function encodeGuestResult(block: usize, result: u64): void {
  changetype<Registers>(block).rax = result;
}

/**
 * Undoes the kernel's emulation of a call into the vsyscall page, which a filter has trapped: RIP is set back to the
 * page, and the return address is put back on the stack.
 */
export function rewindVsyscall(block: usize, address: u64): void {
  const registers = changetype<Registers>(block);
  registers.rip = address;
  registers.rsp -= 8;
}
