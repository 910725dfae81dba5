// wait4(2): its options (the kernel's include/uapi/linux/wait.h) and the status word that it stores.
//
//      31      16 15         8 7      0
//     +----------+------------+--------+
//     |    0     |  exit code |   0    |   exited
//     |    0     |     0      |c signal|   killed (c, bit 7: with a core dump)
//     |  event   |   signal   |  0x7f  |   stopped (event: PTRACE_EVENT_*, 0 without)
//     |        0xffff                  |   continued
//     +----------+------------+--------+

import { EINVAL } from "./errno";
import { PTRACE_EVENT_STOP } from "./ptrace";
import { SIGTRAP } from "./signal";

export const WNOHANG: u64 = 0x00000001;
export const WUNTRACED: u64 = 0x00000002;
export const WSTOPPED: u64 = WUNTRACED;
export const WEXITED: u64 = 0x00000004;
export const WCONTINUED: u64 = 0x00000008;
export const WNOWAIT: u64 = 0x01000000;
export const __WNOTHREAD: u64 = 0x20000000;
export const __WALL: u64 = 0x40000000;
export const __WCLONE: u64 = 0x80000000;

/** The options of wait4; WEXITED and WNOWAIT are for waitid only. */
const WAIT4_OPTIONS: u64 = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;

// The kinds of status words.
export const WAIT_EXITED: i32 = 0;
export const WAIT_SIGNALED: i32 = 1;
export const WAIT_STOPPED: i32 = 2;
export const WAIT_SYSCALL_STOP: i32 = 3;
export const WAIT_EVENT: i32 = 4;
export const WAIT_GROUP_STOP: i32 = 5;
export const WAIT_CONTINUED: i32 = 6;

/** Bit 7 of a SIGTRAP that is a system call stop (PTRACE_O_TRACESYSGOOD). */
const SYSGOOD: i32 = 0x80;

/** wait4's third argument, or -EINVAL if the kernel refuses it. */
export function encodeWaitOptions(options: u64): i64 {
  return (options & ~WAIT4_OPTIONS) != 0 ? -EINVAL : i64(options);
}

/** The WAIT_* of a status word; -EINVAL if wait4 never stores this word. */
export function waitKind(status: i32): i32 {
  const low = status & 0x7f;
  if (status == 0xffff) return WAIT_CONTINUED;
  if ((status & 0xff) == 0x7f) return stopKind(status);
  if (status >>> 16 != 0) return -EINVAL;
  if (low == 0) return (status & 0x80) == 0 ? WAIT_EXITED : -EINVAL;
  return low == 0x7f || status >>> 8 != 0 ? -EINVAL : WAIT_SIGNALED;
}

/** A group-stop has its own status only if the tracee was seized; else it looks like a signal-delivery-stop. */
function stopKind(status: i32): i32 {
  const event = status >>> 16;
  const signal = (status >>> 8) & 0xff;
  if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) return WAIT_GROUP_STOP;
  if (event != 0) return WAIT_EVENT;
  return signal == (SIGTRAP | SYSGOOD) ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
}

/** The exit code, or the signal that killed or stopped the process (without bit 7 of a system call stop). */
export function waitValue(status: i32): i32 {
  const kind = waitKind(status);
  if (kind == WAIT_SIGNALED) return status & 0x7f;
  if (kind == WAIT_SYSCALL_STOP) return SIGTRAP;
  return kind == WAIT_CONTINUED || kind < 0 ? 0 : (status >>> 8) & 0xff;
}

/** The PTRACE_EVENT_* of a stop, or 0. */
export function waitEvent(status: i32): i32 {
  return (status & 0xff) == 0x7f ? status >>> 16 : 0;
}

/** 1 if a core was dumped, else 0. */
export function waitCoreDumped(status: i32): i32 {
  return waitKind(status) == WAIT_SIGNALED ? (status >>> 7) & 1 : 0;
}

/** The status word of a signal-delivery-stop by `signal`. */
export function encodeStop(signal: i32): i32 {
  return (signal << 8) | 0x7f;
}
