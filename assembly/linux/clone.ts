// clone(2): one word holds the flags and, in its low byte, the signal that the parent gets at the
// child's end (the kernel's include/uapi/linux/sched.h).
//
//    31                               8 7            0
//   +----------------------------------+--------------+
//   |             CLONE_*              | exit signal  |
//   +----------------------------------+--------------+

import { CLONE_DETACHED, CLONE_PARENT_SETTID, CLONE_PIDFD, CSIGNAL } from "./clone_flags";
import { has, refuses } from "./clone_refusal";
import { EINVAL } from "./errno";

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
