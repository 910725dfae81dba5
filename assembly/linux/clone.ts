// clone(2): one word holds the flags and, in its low byte, the signal that the parent gets at the
// child's end (the kernel's include/uapi/linux/sched.h).
//
//    31                               8 7            0
//   +----------------------------------+--------------+
//   |             CLONE_*              | exit signal  |
//   +----------------------------------+--------------+

import { EINVAL } from "./errno";

export const CSIGNAL: u64 = 0x000000ff;
export const CLONE_VM: u64 = 0x00000100;
export const CLONE_FS: u64 = 0x00000200;
export const CLONE_FILES: u64 = 0x00000400;
export const CLONE_SIGHAND: u64 = 0x00000800;
export const CLONE_PIDFD: u64 = 0x00001000;
export const CLONE_PTRACE: u64 = 0x00002000;
export const CLONE_VFORK: u64 = 0x00004000;
export const CLONE_PARENT: u64 = 0x00008000;
export const CLONE_THREAD: u64 = 0x00010000;
export const CLONE_NEWNS: u64 = 0x00020000;
export const CLONE_SYSVSEM: u64 = 0x00040000;
export const CLONE_SETTLS: u64 = 0x00080000;
export const CLONE_PARENT_SETTID: u64 = 0x00100000;
export const CLONE_CHILD_CLEARTID: u64 = 0x00200000;
export const CLONE_DETACHED: u64 = 0x00400000;
export const CLONE_UNTRACED: u64 = 0x00800000;
export const CLONE_CHILD_SETTID: u64 = 0x01000000;
export const CLONE_NEWCGROUP: u64 = 0x02000000;
export const CLONE_NEWUTS: u64 = 0x04000000;
export const CLONE_NEWIPC: u64 = 0x08000000;
export const CLONE_NEWUSER: u64 = 0x10000000;
export const CLONE_NEWPID: u64 = 0x20000000;
export const CLONE_NEWNET: u64 = 0x40000000;
export const CLONE_IO: u64 = 0x80000000;

/** Whether all of `wanted` are in `flags`. */
function has(flags: u64, wanted: u64): bool {
  return (flags & wanted) == wanted;
}

/**
 * Whether clone(2) refuses `flags` for everybody (copy_process and kernel_clone in the kernel's
 * kernel/fork.c, copy_namespaces in kernel/nsproxy.c).
 */
function refused(flags: u64): bool {
  return (
    has(flags, CLONE_NEWNS | CLONE_FS) ||
    has(flags, CLONE_NEWUSER | CLONE_FS) ||
    (has(flags, CLONE_THREAD) && !has(flags, CLONE_SIGHAND)) ||
    (has(flags, CLONE_SIGHAND) && !has(flags, CLONE_VM)) ||
    (has(flags, CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)) != 0) ||
    has(flags, CLONE_PIDFD | CLONE_DETACHED) ||
    has(flags, CLONE_PIDFD | CLONE_PARENT_SETTID) ||
    has(flags, CLONE_NEWIPC | CLONE_SYSVSEM)
  );
}

/** clone's first argument, or -EINVAL where a field overflows or the kernel refuses the flags. */
export function encodeClone(flags: u64, exitSignal: i32): i64 {
  if ((flags & CSIGNAL) != 0 || flags > u32.MAX_VALUE) return -EINVAL;
  if (exitSignal < 0 || exitSignal > i32(CSIGNAL)) return -EINVAL;
  return refused(flags) ? -EINVAL : i64(flags) | exitSignal;
}

/** The flags of a clone word. */
export function cloneFlags(word: u64): u64 {
  return word & u32.MAX_VALUE & ~CSIGNAL;
}

/** The exit signal of a clone word. */
export function cloneExitSignal(word: u64): i32 {
  return i32(word & CSIGNAL);
}
