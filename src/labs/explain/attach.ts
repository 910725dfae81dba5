// May this process attach? The reasons that refuse, in the order in which ptrace_attach of the kernel looks at them.

import { readIfThere } from "../../core/stub/proc.ts";
import { CAP_SYS_PTRACE, readPtraceScope } from "../../core/stub/yama.ts";
import { errnoName } from "../../lib/errno.ts";
import { nameOf } from "./state.ts";
import { bits, linkOf, numbers, statusOf, type Task } from "./task.ts";
import { type Cause, cause } from "./texts.ts";

/** What decides of this process. */
export interface Attacher {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly userNamespace: string | undefined;
  readonly uidMap: string;
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
  /** Ids of what could not be read. */
  readonly unknown: readonly string[];
}

/** The user namespace that contains all others: PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h. */
const INITIAL = "user:[4026531837]";

/** This process. */
export async function readAttacher(): Promise<Attacher> {
  const status = statusOf("/proc/self");
  return {
    pid: process.pid,
    uid: numbers(status("Uid"))[0] ?? 0,
    gid: numbers(status("Gid"))[0] ?? 0,
    permitted: bits(status("CapPrm")),
    effective: bits(status("CapEff")),
    userNamespace: linkOf("/proc/self/ns/user"),
    uidMap: readIfThere("/proc/self/uid_map") ?? "",
    yama: readPtraceScope()?.scope,
    refused: status("Seccomp") === "2" ? await refusal() : undefined,
  };
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

export function mayAttach(task: Task, self: Attacher, state: string): Verdict {
  const { isPermitted, isKernelThread, tracer } = task;
  const isEnded = "ZX".includes(task.state);
  const isOwn = task.pid === self.pid;
  const rules = isPermitted === true || isKernelThread || isOwn ? [] : refusals(task, self);
  const isElse = isPermitted === false && rules.length === 0 && !isEnded && !isKernelThread;
  const ids = [
    self.refused !== undefined &&
      (self.refused === "?" ? "attach-seccomp-maybe" : "attach-seccomp"),
    isKernelThread && "attach-kernel-thread",
    isOwn && "attach-own-thread",
    // What refuses next is seen when the first no longer does.
    ...rules.slice(0, 1),
    isElse && "attach-module",
    isEnded && "attach-ended",
    tracer !== undefined && "attach-traced",
    tracer === undefined && task.state === "t" && "attach-traced-outside",
  ].filter((id) => id !== false);
  const values = valuesOf(task, self);
  const isUnseen = isPermitted === undefined && ids.length === 0;
  const may = ids.length === 0 ? true : ids[0] === "attach-seccomp-maybe" ? null : false;
  return {
    may,
    causes: (ids.length === 0 ? [state === "exec-waits" ? "attach-waits" : "attach-may"] : ids).map(
      (id) => cause(id, values),
    ),
    unknown: isUnseen ? ["unknown-attach"] : [],
  };
}

/** __ptrace_may_access of the kernel's kernel/ptrace.c, and the modules that it asks. */
function refusals(task: Task, self: Attacher): string[] {
  const { uids, gids, owner, userNamespace = self.userNamespace, uidMap } = task;
  const isSameNamespace = userNamespace === self.userNamespace && uidMap === self.uidMap;
  const reaches = isSameNamespace || self.userNamespace === INITIAL;
  if (self.yama === "3") return ["attach-yama-3"];
  if ((self.effective & CAP_SYS_PTRACE) !== 0n && reaches) return [];
  const isSameUser = uids.every((uid) => uid === self.uid) && gids.every((gid) => gid === self.gid);
  return [
    !isSameUser && "attach-uid",
    owner !== uids[1] && "attach-dumpable",
    !isSameNamespace && "attach-user-namespace",
    isSameNamespace && (task.permitted & ~self.permitted) !== 0n && "attach-capabilities",
    self.yama === "1" && "attach-yama-1",
    self.yama === "2" && "attach-yama-2",
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

function valuesOf(task: Task, self: Attacher): Record<string, string> {
  const lacking = task.permitted & ~self.permitted;
  return {
    pid: `${task.pid}`,
    errno: self.refused ?? "",
    ids: `uid ${[...new Set(task.uids)].join(", ")}, gid ${[...new Set(task.gids)].join(", ")}`,
    own: `uid ${self.uid}, gid ${self.gid}`,
    theirs: task.userNamespace ?? "its uid_map differs",
    ours: self.userNamespace ?? "",
    capabilities: namesOf(lacking),
    label: task.label ?? "it has no label",
    tracer: task.tracer === undefined ? "" : nameOf(task.tracer),
  };
}
