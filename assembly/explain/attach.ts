// May this process attach? The reasons that refuse, in the order in which ptrace_attach of the kernel looks at them.

import { about, Found } from "./about";
import { Cause, cause, isCause } from "./cause";
import { hasEnded, isTraceStop } from "./state";
import { callNumber, idOf, isKernelThread, Task, yamaScope } from "./task";
import { is, NONE, same } from "./text";

/** The user namespace that contains all others: PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h. */
const INITIAL = "user:[4026531837]";
/** Of linux/capability.h. */
const CAP_SYS_PTRACE: u64 = 1 << 19;

/** Whether it may: 1, 0, or -1 for unknown. */
export let mayAttach: i32 = 1;
/** All that refuse, the first first; or the sentence that it may. */
export const attachCauses: Found[] = [];

function add(id: string): void {
  attachCauses.push(new Found(cause(id)));
}

/** @param stop what it does */
export function judgeAttach(stop: Found): void {
  const task = about.task;
  const isTraced = task.tracer != null;
  const isEnded = hasEnded(task.state);
  const isOwn = task.pid == about.self.pid;
  const isKernel = isKernelThread(task);
  // What refuses next is seen when the first no longer does.
  const refusal = isKernel || isOwn ? "" : firstRefusal(task, about.self);
  if (about.refused != 0) add(about.refused < 0 ? "attach-seccomp-maybe" : "attach-seccomp");
  if (isKernel) add("attach-kernel-thread");
  if (isOwn) add("attach-own-thread");
  if (refusal.length > 0) add(refusal);
  else if (task.permitted == 0 && !isEnded && !isKernel) add("attach-module");
  if (isEnded) add("attach-ended");
  else if (isTraced) add("attach-traced");
  if (!isTraced && isTraceStop(task.state)) add("attach-traced-outside");
  if (attachCauses.length == 0) {
    mayAttach = 1;
    add(promise(stop.cause));
    return;
  }
  const first = attachCauses[0].cause;
  // The owner of a namespace may attach to what is in it: only the kernel knows that.
  const isUnsure = !task.hasCalls && isCause(first, "attach-user-namespace");
  mayAttach = isUnsure || isCause(first, "attach-seccomp-maybe") ? -1 : 0;
}

/** What becomes of an attach that is permitted: signals other than SIGKILL do not wake each sleep. */
function promise(stop: Cause): string {
  if (isCause(stop, "exec-waits")) return "attach-waits";
  if (isCause(stop, "core-dump")) return "attach-never";
  // A fault of the program itself ends for a signal, one in a system call does not.
  const isInCall = isCause(stop, "userfault") && callNumber(about.task) >= 0;
  const isLate = isCause(stop, "frozen") || isCause(stop, "vfork-waits");
  return isInCall || isLate || isCause(stop, "uninterruptible") ? "attach-late" : "attach-may";
}

/** __ptrace_may_access of the kernel's kernel/ptrace.c, and the modules that it asks; "" if none refuses. */
function firstRefusal(task: Task, self: Task): string {
  if (task.permitted == 1) return "";
  const isUnknown = task.userNamespace == NONE;
  const isSame = isUnknown || same(task.userNamespace, self.userNamespace);
  const isSameNamespace = isSame && same(task.uidMap, self.uidMap);
  const reaches = isSameNamespace || is(self.userNamespace, INITIAL);
  const isCapable = (self.capEffective & CAP_SYS_PTRACE) != 0 && reaches;
  if (!isCapable) {
    if (!isAll(task.uids, idOf(self.uids, 0)) || !isAll(task.gids, idOf(self.gids, 0)))
      return "attach-uid";
    if (task.owner != f64(idOf(task.uids, 1))) return "attach-dumpable";
    if (!isSameNamespace) return "attach-user-namespace";
    if ((task.capPermitted & ~self.capPermitted) != 0) return "attach-capabilities";
  }
  const scope = yamaScope();
  if (is(scope, "1") && !isCapable) return "attach-yama-1";
  if (is(scope, "2") && !isCapable) return "attach-yama-2";
  return is(scope, "3") ? "attach-yama-3" : "";
}

/** Whether the real, effective and saved ids are the same as one. */
function isAll(ids: u64, id: u64): bool {
  return idOf(ids, 0) == id && idOf(ids, 1) == id && idOf(ids, 2) == id;
}
