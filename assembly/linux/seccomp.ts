// The actions of a seccomp filter (<linux/seccomp.h>), and the flags of the clones that it allows.

import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_PTRACE,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VM,
} from "./clone_flags";

export const SECCOMP_RET_KILL_PROCESS: u64 = 0x80000000;
export const SECCOMP_RET_TRAP: u64 = 0x00030000;
export const SECCOMP_RET_ALLOW: u64 = 0x7fff0000;

/** The flags of a clone that makes another thread of a stub. */
export const STUB_THREAD_FLAGS: u64 =
  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PTRACE;
