// The filter of guests' stubs on arm64, which has no vsyscall page.

import {
  allow,
  allowDeathSignal,
  allowProgram,
  allowStop,
  allowStubs,
  beginFilter,
  endFilter,
  loadNumber,
} from "../linux/filter";
import {
  SYS_clone,
  SYS_execveat,
  SYS_exit,
  SYS_getpid,
  SYS_getppid,
  SYS_kill,
  SYS_mmap,
  SYS_mprotect,
  SYS_munmap,
  SYS_prctl,
  SYS_restart_syscall,
  SYS_wait4,
} from "./numbers";

export const AUDIT_ARCH_AARCH64: u64 = 0xc00000b7;

/**
 * Writes the filter to `at` (a multiple of 8, with room for 128 instructions).
 *
 * @param exitSignal the exit signal of the stubs that may be cloned.
 * @returns the number of instructions.
 */
export function encodeSeccomp(at: usize, exitSignal: i32): i32 {
  beginFilter(at, AUDIT_ARCH_AARCH64);
  loadNumber();
  allow(SYS_mmap);
  allow(SYS_munmap);
  allow(SYS_mprotect);
  allow(SYS_getpid);
  allow(SYS_getppid);
  allow(SYS_wait4);
  allow(SYS_exit);
  allow(SYS_restart_syscall);
  allowStubs(SYS_clone, exitSignal);
  allowStop(SYS_kill);
  allowProgram(SYS_execveat);
  allowDeathSignal(SYS_prctl);
  return endFilter(at);
}
