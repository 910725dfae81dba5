// System calls that change who a task is, and what it does with signals (kernel/sys.c, kernel/signal.c).

import { EACCES, EINVAL, EPERM, ESRCH } from "../linux/errno";
import { SIGKILL, SIGSTOP } from "../linux/signal";
import { hasMembers } from "./group";
import { holds } from "./rule";
import { bit, flush, IGNORES, recalcSigpending } from "./signal";
import {
  A_TASK,
  births,
  exists,
  isLeader,
  leaderOf,
  nextOrder,
  processAt,
  processOf,
  task,
} from "./state";

/**
 * A session leader begins no other session, nor does a process whose pid is a group's.
 * @source ksys_setsid, kernel/sys.c, 6.12
 */
export const T67: u32 = 67;

export function setsid(t: u32): i32 {
  const leader = leaderOf(t);
  const its = processAt(leader);
  if ((its.isLeader || hasMembers(leader)) && holds(T67)) return -EPERM;
  its.isLeader = true;
  its.session = u8(leader);
  joinGroup(leader, leader);
  return A_TASK + leader;
}

function joinGroup(process: u32, group: u32): void {
  const its = processAt(process);
  if (its.group == group) return;
  its.group = u8(group);
  its.groupOrder = nextOrder();
}

/**
 * A process moves itself or a child to another group of its session; session leaders are not moved.
 * @source SYSCALL_DEFINE2(setpgid), kernel/sys.c, 6.12
 */
export const T68: u32 = 68;

/**
 * A process does not move a child that has executed a program.
 * @source SYSCALL_DEFINE2(setpgid), kernel/sys.c, 6.12
 */
export const T93: u32 = 93;

/** setpgid. @param group the number of the group; that of the process: a new one */
export function setpgid(caller: u32, t: u32, group: u32): i32 {
  if (!exists(t)) return -ESRCH;
  if (!isLeader(t)) return -EINVAL;
  const own = processOf(caller);
  const its = processAt(t);
  if (leaderOf(task(t).parent) == leaderOf(caller)) {
    if (its.session != own.session) return -EPERM;
    if (task(t).hasExecuted && holds(T93)) return -EACCES;
  } else if (t != leaderOf(caller)) {
    return -ESRCH;
  }
  if (its.isLeader && holds(T68)) return -EPERM;
  if (group != t && sessionOf(group) != own.session) return -EPERM;
  joinGroup(t, group);
  return 0;
}

/** The session of a group's members; -1 without any. */
function sessionOf(group: u32): u32 {
  for (let i: u32 = 0; i < births(); i++)
    if (exists(i) && isLeader(i) && processAt(i).group == group) return processAt(i).session;
  return u32.MAX_VALUE;
}

/** rt_sigprocmask(SIG_SETMASK): SIGKILL and SIGSTOP are never blocked. */
export function setMask(t: u32, mask: u32): i32 {
  const it = task(t);
  const set = mask & ~(bit(SIGKILL) | bit(SIGSTOP));
  // The same mask again lets the thread look for nothing.
  if (set == it.blocked) return 0;
  it.blocked = set;
  recalcSigpending(t);
  return 0;
}

/**
 * A signal that a process begins to ignore is removed from all queues.
 * @source do_sigaction, kernel/signal.c, 6.12
 */
export const T70: u32 = 70;

/** rt_sigaction, to SIG_IGN or SIG_DFL. */
export function setAction(t: u32, signal: u32, ignores: bool): i32 {
  if (signal == SIGKILL || signal == SIGSTOP) return -EINVAL;
  const group = processOf(t);
  group.ignored = ignores ? group.ignored | bit(signal) : group.ignored & ~bit(signal);
  const isIgnored = ignores || (IGNORES & bit(signal)) != 0;
  if (isIgnored && holds(T70)) flush(t, bit(signal));
  return 0;
}
