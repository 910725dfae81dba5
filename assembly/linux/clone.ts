// clone(2) and clone3(2): their flags, and what the kernel refuses (the kernel's include/uapi/linux/sched.h).

import { EINVAL } from "./errno";
import { SIGRTMAX } from "./signal";

// Those of clone are above the byte of the exit signal, up to bit 31; clone3, which has a separate member for the exit
// signal, has more.

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

// Only clone3 has these. CLONE_NEWTIME (0x80) is not here: in a word of clone it would be part of the signal.
export const CLONE_CLEAR_SIGHAND: u64 = 0x100000000;
export const CLONE_INTO_CGROUP: u64 = 0x200000000;

/** The flags of a clone that makes another thread of a stub. */
export const STUB_THREAD_FLAGS: u64 =
  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PTRACE;

/** Whether all of `wanted` are in `flags`. */
function has(flags: u64, wanted: u64): bool {
  return (flags & wanted) == wanted;
}

/**
 * Whether both calls refuse `flags`, whatever the caller's privileges (copy_process in the kernel's kernel/fork.c,
 * copy_namespaces in kernel/nsproxy.c).
 */
function refuses(flags: u64): bool {
  return (
    has(flags, CLONE_NEWNS | CLONE_FS) ||
    has(flags, CLONE_NEWUSER | CLONE_FS) ||
    (has(flags, CLONE_THREAD) && !has(flags, CLONE_SIGHAND)) ||
    (has(flags, CLONE_SIGHAND) && !has(flags, CLONE_VM)) ||
    (has(flags, CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)) != 0) ||
    has(flags, CLONE_NEWIPC | CLONE_SYSVSEM)
  );
}

// clone(2): one word holds the flags and, in its low byte, the signal that the parent gets at the child's end.
//
//    31                               8 7            0
//   +----------------------------------+--------------+
//   |             CLONE_*              | exit signal  |
//   +----------------------------------+--------------+

/** clone(2) stores a pidfd where CLONE_PARENT_SETTID stores a tid, and refuses CLONE_PIDFD with it or with CLONE_DETACHED. */
function refusesPidfd(flags: u64): bool {
  return has(flags, CLONE_PIDFD | CLONE_DETACHED) || has(flags, CLONE_PIDFD | CLONE_PARENT_SETTID);
}

/** clone's first argument, or -EINVAL if a field overflows or the kernel refuses the flags. */
export function encodeClone(flags: u64, exitSignal: i32): i64 {
  if ((flags & CSIGNAL) != 0 || flags > u32.MAX_VALUE) return -EINVAL;
  if (exitSignal < 0 || exitSignal > i32(CSIGNAL)) return -EINVAL;
  if (refuses(flags) || refusesPidfd(flags)) return -EINVAL;
  return i64(flags) | exitSignal;
}

/** The flags of a clone word. */
export function cloneFlags(word: u64): u64 {
  return word & u32.MAX_VALUE & ~CSIGNAL;
}

/** The exit signal of a clone word. */
export function cloneExitSignal(word: u64): i32 {
  return i32(word & CSIGNAL);
}

// clone3(2): instead of the word and four arguments of clone(2) it takes a struct, clone_args, of 11 words of 64 bits,
// 88 bytes (CLONE_ARGS_SIZE_VER2):
//
//     +0 flags         +8 pidfd        +16 child_tid   +24 parent_tid
//    +32 exit_signal  +40 stack        +48 stack_size  +56 tls
//    +64 set_tid      +72 set_tid_size                 +80 cgroup
//
// pidfd, child_tid, parent_tid, stack, tls and set_tid are addresses; cgroup is a file descriptor.

@unmanaged
class CloneArgs {
  flags: u64;
  pidfd: u64;
  child_tid: u64;
  parent_tid: u64;
  exit_signal: u64;
  stack: u64;
  stack_size: u64;
  tls: u64;
  set_tid: u64;
  set_tid_size: u64;
  cgroup: u64;
}

export const CLONE3_SIZE: i32 = offsetof<CloneArgs>();
export const CLONE3_flags: i32 = offsetof<CloneArgs>("flags");
export const CLONE3_pidfd: i32 = offsetof<CloneArgs>("pidfd");
export const CLONE3_child_tid: i32 = offsetof<CloneArgs>("child_tid");
export const CLONE3_parent_tid: i32 = offsetof<CloneArgs>("parent_tid");
export const CLONE3_exit_signal: i32 = offsetof<CloneArgs>("exit_signal");
export const CLONE3_stack: i32 = offsetof<CloneArgs>("stack");
export const CLONE3_stack_size: i32 = offsetof<CloneArgs>("stack_size");
export const CLONE3_tls: i32 = offsetof<CloneArgs>("tls");
export const CLONE3_set_tid: i32 = offsetof<CloneArgs>("set_tid");
export const CLONE3_set_tid_size: i32 = offsetof<CloneArgs>("set_tid_size");
export const CLONE3_cgroup: i32 = offsetof<CloneArgs>("cgroup");

/** A flag of clone3 that is a bit of the exit signal in clone's word. */
const CLONE_NEWTIME: u64 = 0x80;

/** The flags that the kernel knows. */
const CLONE3_FLAGS: u64 =
  ((CLONE_INTO_CGROUP << 1) - 1) & ~(CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME));

/** How deep pid namespaces nest: MAX_PID_NS_LEVEL in the kernel's include/linux/pid_namespace.h. */
const MAX_PID_NS_LEVEL: u64 = 32;

/** Whether clone3(2) refuses `flags` with any other members (clone3_args_valid in kernel/fork.c). */
function refusesFlags(flags: u64): bool {
  return (
    (flags & ~CLONE3_FLAGS) != 0 ||
    has(flags, CLONE_SIGHAND | CLONE_CLEAR_SIGHAND) ||
    refuses(flags)
  );
}

/** Whether an exit signal is invalid, or not allowed by `flags`: a thread or a sibling cannot have one of its own. */
function refusesExitSignal(flags: u64, exitSignal: u64): bool {
  const without = (flags & (CLONE_THREAD | CLONE_PARENT)) != 0;
  return exitSignal > (without ? 0 : u64(SIGRTMAX));
}

/**
 * Writes struct clone_args to `at`, the members in their order.
 *
 * @returns CLONE3_SIZE; -EINVAL, with nothing written, if the kernel refuses the members. Only the kernel checks
 * addresses.
 */
export function encodeClone3(
  at: usize,
  flags: u64,
  pidfd: u64,
  child_tid: u64,
  parent_tid: u64,
  exit_signal: u64,
  stack: u64,
  stack_size: u64,
  tls: u64,
  set_tid: u64,
  set_tid_size: u64,
  cgroup: u64,
): i32 {
  if (refusesFlags(flags) || refusesExitSignal(flags, exit_signal)) return -EINVAL;
  if ((stack == 0) != (stack_size == 0)) return -EINVAL;
  if ((set_tid == 0) != (set_tid_size == 0) || set_tid_size > MAX_PID_NS_LEVEL) return -EINVAL;
  if (has(flags, CLONE_INTO_CGROUP) && cgroup > u64(i32.MAX_VALUE)) return -EINVAL;
  if (has(flags, CLONE_PIDFD | CLONE_PARENT_SETTID) && pidfd == parent_tid) return -EINVAL;
  const args = changetype<CloneArgs>(at);
  args.flags = flags;
  args.pidfd = pidfd;
  args.child_tid = child_tid;
  args.parent_tid = parent_tid;
  args.exit_signal = exit_signal;
  args.stack = stack;
  args.stack_size = stack_size;
  args.tls = tls;
  args.set_tid = set_tid;
  args.set_tid_size = set_tid_size;
  args.cgroup = cgroup;
  return CLONE3_SIZE;
}
