// A guest's registers at a stop and before a resume: the frame of its system call, and the words that must be the stub's
// own; and the filter of its stub.

import { beginFilter, endFilter, trapPointer } from "../linux/filter";
import { Registers } from "./registers";

/** The architecture as seccomp names it (<linux/audit.h>). */
export const AUDIT_ARCH_X86_64: u64 = 0xc000003e;

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
  store<u64>(at, registers.rdi, 0);
  store<u64>(at, registers.rsi, 8);
  store<u64>(at, registers.rdx, 16);
  store<u64>(at, registers.r10, 24);
  store<u64>(at, registers.r8, 32);
  store<u64>(at, registers.r9, 40);
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

/**
 * Writes the seccomp filter of guests' stubs to `at` (a multiple of 8, with room for 128 instructions). It traps calls
 * into the vsyscall page, which PTRACE_SYSEMU does not see.
 *
 * @param exitSignal the exit signal of the stubs that may be cloned.
 * @returns the number of instructions.
 */
export function encodeSeccomp(at: usize, exitSignal: i32): i32 {
  beginFilter(at, AUDIT_ARCH_X86_64);
  // The vsyscall page is the only code in the kernel's half that can make system calls.
  trapPointer(u32.MAX_VALUE);
  return endFilter(at, exitSignal);
}
