// clone3(2): instead of the word and four arguments of clone(2) it takes a struct, clone_args of the kernel's
// include/uapi/linux/sched.h. 11 words of 64 bits, 88 bytes (CLONE_ARGS_SIZE_VER2):
//
//     +0 flags         +8 pidfd        +16 child_tid   +24 parent_tid
//    +32 exit_signal  +40 stack        +48 stack_size  +56 tls
//    +64 set_tid      +72 set_tid_size                 +80 cgroup
//
// pidfd, child_tid, parent_tid, stack, tls and set_tid are addresses; cgroup is a file descriptor.

import {
  CLONE_CLEAR_SIGHAND,
  CLONE_DETACHED,
  CLONE_INTO_CGROUP,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CSIGNAL,
} from "./clone_flags";
import { has, refuses } from "./clone_refusal";
import { EINVAL } from "./errno";
import { SIGRTMAX } from "./signal";

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
