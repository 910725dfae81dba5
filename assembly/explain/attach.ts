// May this process attach? The reasons that refuse, in the order in which ptrace_attach of the kernel looks at them.

import { Found } from "./cause";
import { read } from "./files";
import { hasEnded, TRACED } from "./state";
import { Task } from "./task";

/** The user namespace that contains all others: PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h. */
const INITIAL = "user:[4026531837]";
/** Of linux/capability.h. */
const CAP_SYS_PTRACE: u64 = 1 << 19;

/**
 * All that refuse, the first first; or the sentence that it may.
 *
 * @param stop what the task does
 * @param refused the errno with which a filter of this process refuses ptrace; 0: none; -1: that was not tried
 */
export function judgeAttach(task: Task, self: Task, stop: Found, refused: i32): Found[] {
  const all: Found[] = [];
  const isTraced = task.tracer != null;
  const isEnded = hasEnded(task.state);
  const isOwn = task.pid == self.pid;
  const isKernel = task.isKernelThread;
  // What refuses next is seen when the first no longer does.
  const refusal = isKernel || isOwn ? "" : firstRefusal(task, self);
  if (refused != 0) all.push(new Found(refused < 0 ? "attach-seccomp-maybe" : "attach-seccomp"));
  if (isKernel) all.push(new Found("attach-kernel-thread"));
  if (isOwn) all.push(new Found("attach-own-thread"));
  if (refusal != "") all.push(new Found(refusal));
  else if (task.permitted == 0 && !isEnded && !isKernel) all.push(new Found("attach-module"));
  if (isEnded) all.push(new Found("attach-ended"));
  else if (isTraced) all.push(new Found("attach-traced"));
  if (!isTraced && task.state == TRACED) all.push(new Found("attach-traced-outside"));
  if (all.length == 0) all.push(new Found(promise(task, stop.id)));
  return all;
}

/** What becomes of an attach that is permitted: signals other than SIGKILL do not wake each sleep. */
function promise(task: Task, stop: string): string {
  if (stop == "exec-waits") return "attach-waits";
  if (stop == "core-dump") return "attach-never";
  // A fault of the program itself ends for a signal, one in a system call does not.
  const isInCall = stop == "userfault" && task.callNumber >= 0;
  const isLate = stop == "frozen" || stop == "vfork-waits" || stop == "uninterruptible";
  return isInCall || isLate ? "attach-late" : "attach-may";
}

const PROMISES = ["attach-waits", "attach-never", "attach-late", "attach-may"];

/** Whether this process may attach: "true", "false", or "null" for unknown. */
export function mayAttach(task: Task, all: Found[]): string {
  const first = all[0].id;
  // The owner of a namespace may attach to what is in it: only the kernel knows that.
  const isUnsure = !task.hasCalls && first == "attach-user-namespace";
  if (isUnsure || first == "attach-seccomp-maybe") return "null";
  return PROMISES.includes(first) ? "true" : "false";
}

/** __ptrace_may_access of the kernel's kernel/ptrace.c, and the modules that it asks; "" if none refuses. */
function firstRefusal(task: Task, self: Task): string {
  if (task.permitted == 1) return "";
  const isSame = task.userNamespace == "" || task.userNamespace == self.userNamespace;
  const isSameNamespace = isSame && task.uidMap == self.uidMap;
  const reaches = isSameNamespace || self.userNamespace == INITIAL;
  const isCapable = (self.capEffective & CAP_SYS_PTRACE) != 0 && reaches;
  if (!isCapable) {
    if (!isAll(task.uids, self.uids[0]) || !isAll(task.gids, self.gids[0])) return "attach-uid";
    if (i64(task.owner) != I64.parseInt(task.uids[1])) return "attach-dumpable";
    if (!isSameNamespace) return "attach-user-namespace";
    if ((task.capPermitted & ~self.capPermitted) != 0) return "attach-capabilities";
  }
  const scope = read("/proc/sys/kernel/yama/ptrace_scope");
  if ((scope == "1" || scope == "2") && !isCapable) return `attach-yama-${scope}`;
  return scope == "3" ? "attach-yama-3" : "";
}

/** Whether the real, effective and saved ids are the same as one. */
function isAll(ids: string[], id: string): bool {
  return ids[0] == id && ids[1] == id && ids[2] == id;
}
