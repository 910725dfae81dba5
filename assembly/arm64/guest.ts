// A guest's registers at a stop and before a resume: the frame of its system call; and the filter of its stub.

import { beginFilter, endFilter } from "../linux/filter";
import { Registers } from "./registers";

/** The architecture as seccomp names it (<linux/audit.h>). */
export const AUDIT_ARCH_AARCH64: u64 = 0xc00000b7;

/** Returns 0: no guest can single-step itself, and no register of a block names a call to restart. */
export function enterGuest(_block: usize, _initial: usize): i32 {
  return 0;
}

/** Returns the number of the system call that a guest stopped at, and writes its arguments to `at`. */
export function decodeGuestSyscall(block: usize, at: usize): i32 {
  const registers = changetype<Registers>(block);
  store<u64>(at, registers.x0, 0);
  store<u64>(at, registers.x1, 8);
  store<u64>(at, registers.x2, 16);
  store<u64>(at, registers.x3, 24);
  store<u64>(at, registers.x4, 32);
  store<u64>(at, registers.x5, 40);
  return i32(registers.x8);
}

/** Sets the result of the call that a guest stopped at. */
export function encodeGuestResult(block: usize, result: u64): void {
  changetype<Registers>(block).x0 = result;
}

/**
 * Writes the seccomp filter of guests' stubs to `at` (a multiple of 8, with room for 128 instructions).
 *
 * @param exitSignal the exit signal of the stubs that may be cloned.
 * @returns the number of instructions.
 */
export function encodeSeccomp(at: usize, exitSignal: i32): i32 {
  beginFilter(at, AUDIT_ARCH_AARCH64);
  return endFilter(at, exitSignal);
}
