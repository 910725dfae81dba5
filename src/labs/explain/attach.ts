// May this process attach? The reasons that refuse, in the order in which ptrace_attach of the kernel looks at them.

import { CAP_SYS_PTRACE, readPtraceScope } from "../../core/stub/yama.ts";
import { errnoName } from "../../lib/errno.ts";
import { StateError } from "../../lib/errors.ts";
import { type Cause, cause } from "./cause.ts";
import { nameOf, readTask, statusOf, type Task } from "./task.ts";

/** What decides of this process. */
export interface Attacher
  extends Pick<
    Task,
    "pid" | "uids" | "gids" | "permitted" | "effective" | "userNamespace" | "uidMap"
  > {
  /** kernel.yama.ptrace_scope; undefined without Yama. */
  readonly yama: string | undefined;
  /** The errno with which a filter of this process refuses ptrace; "?" if that cannot be tried; undefined without. */
  readonly refused: string | undefined;
}

export interface Verdict {
  /** Null: unknown. */
  readonly may: boolean | null;
  /** All that refuse, the first first; or the sentence that it may. */
  readonly causes: readonly Cause[];
}

/** The user namespace that contains all others: PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h. */
const INITIAL = "user:[4026531837]";

/** @throws StateError if /proc does not show this process */
export async function readAttacher(): Promise<Attacher> {
  const own = readTask(process.pid);
  if (own === undefined) throw new StateError("/proc does not show this process");
  const isFiltered = statusOf("/proc/self")("Seccomp") === "2";
  const yama = readPtraceScope()?.scope;
  return { ...own, yama, refused: isFiltered ? await refusal() : undefined };
}

/** The errno with which a filter refuses ptrace: no process has pid 0, so that without one it is ESRCH. */
async function refusal(): Promise<string | undefined> {
  try {
    const { loadShim } = await import("../../core/shim/shim.ts");
    const errno = errnoName(-loadShim().attach(0, 0));
    return errno === "ESRCH" ? undefined : errno;
  } catch {
    return "?";
  }
}

/** @param state the id of what it does */
export function mayAttach(task: Task, self: Attacher, state: string): Verdict {
  const { isKernelThread, tracer } = task;
  const isEnded = "ZX".includes(task.state);
  const isOwn = task.pid === self.pid;
  const rules = isKernelThread || isOwn ? [] : refusals(task, self);
  const isElse = task.isPermitted === false && rules.length === 0 && !isEnded && !isKernelThread;
  const ids = [
    self.refused === "?" && "attach-seccomp-maybe",
    self.refused !== undefined && self.refused !== "?" && "attach-seccomp",
    isKernelThread && "attach-kernel-thread",
    isOwn && "attach-own-thread",
    // What refuses next is seen when the first no longer does.
    ...rules.slice(0, 1),
    isElse && "attach-module",
    isEnded && "attach-ended",
    !isEnded && tracer !== undefined && "attach-traced",
    tracer === undefined && task.state === "t" && "attach-traced-outside",
  ].filter((id) => id !== false);
  const values = valuesOf(task, self);
  if (ids.length > 0) {
    // The owner of a namespace may attach to what is in it: only the kernel knows that.
    const unsure = task.hasCalls ? [] : ["attach-user-namespace"];
    const may = ["attach-seccomp-maybe", ...unsure].includes(ids[0] ?? "") ? null : false;
    return { may, causes: ids.map((id) => cause(id, values)) };
  }
  return { may: true, causes: [cause(state === "exec-waits" ? "attach-waits" : "attach-may")] };
}

/** __ptrace_may_access of the kernel's kernel/ptrace.c, and the modules that it asks. */
function refusals(task: Task, self: Attacher): string[] {
  const { uids, gids, owner, userNamespace = self.userNamespace, uidMap, isPermitted } = task;
  if (isPermitted === true) return [];
  const isSameNamespace = userNamespace === self.userNamespace && uidMap === self.uidMap;
  const reaches = isSameNamespace || self.userNamespace === INITIAL;
  const isCapable = (self.effective & CAP_SYS_PTRACE) !== 0n && reaches;
  const isUser = uids.every((uid) => uid === self.uids[0]);
  const isGroup = gids.every((gid) => gid === self.gids[0]);
  const isLess = (task.permitted & ~self.permitted) === 0n;
  return [
    !isCapable && !(isUser && isGroup) && "attach-uid",
    !isCapable && owner !== uids[1] && "attach-dumpable",
    !isCapable && !isSameNamespace && "attach-user-namespace",
    !isCapable && isSameNamespace && !isLess && "attach-capabilities",
    self.yama !== undefined &&
      self.yama !== "0" &&
      (self.yama === "3" || !isCapable) &&
      `attach-yama-${self.yama}`,
  ].filter((id) => id !== false);
}

/** The names of capabilities in the order of their numbers, without CAP_ (linux/capability.h). */
const CAPABILITIES = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split(" ");

/** The first capabilities of a set, and how many more it has. */
function namesOf(set: bigint): string {
  const all = [...set.toString(2)].reverse().flatMap((bit, i) => (bit === "1" ? [i] : []));
  const shown = all.slice(0, 3).map((i) => `CAP_${CAPABILITIES[i] ?? i}`);
  return shown.join(", ") + (all.length > 3 ? ` and ${all.length - 3} more` : "");
}

function valuesOf({ pid, uids, gids, ...task }: Task, self: Attacher): Record<string, string> {
  return {
    ...{ pid: `${pid}`, errno: self.refused ?? "", tracer: nameOf(task.tracer) },
    ids: `uid ${[...new Set(uids)].join(", ")}, gid ${[...new Set(gids)].join(", ")}`,
    own: `uid ${self.uids[0]}, gid ${self.gids[0]}`,
    theirs: task.userNamespace ?? "its uid_map differs",
    ours: self.userNamespace ?? "",
    // Root of a container may lack the capability.
    root: self.uids[1] === 0 ? "with CAP_SYS_PTRACE" : "as root",
    capabilities: namesOf(task.permitted & ~self.permitted),
    label: task.label ?? "it has no label",
  };
}
