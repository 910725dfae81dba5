// What sentences say of a process, and of the process that explains.

import { Values } from "./cause";
import { callName, errnoName } from "./names";
import { Task, Thread } from "./task";
import { foreign, hex } from "./text";

/** Tells what sentences say of the task. @param refused the errno with which a filter refuses ptrace */
export function tellTask(task: Task, self: Task, refused: i32, values: Values): void {
  const tracer = task.tracer;
  // Root of a container may lack the capability.
  const isRoot = self.uids[1] == "0";
  values.set("call", callOf(task));
  values.set("pid", task.tid.toString());
  values.set("others", othersOf(task));
  values.set("parent", nameOf(task.parent));
  values.set("tracer", nameOf(tracer));
  values.set("tracing", tracer == null ? "" : tracer.tid.toString());
  values.set("ids", idsOf(task, 3));
  values.set("own", idsOf(self, 1));
  values.set("theirs", foreignOr(task.userNamespace, "its uid_map differs"));
  values.set("ours", foreign(self.userNamespace));
  values.set("label", foreignOr(task.label, "it has no label"));
  values.set("errno", errnoName(refused));
  values.set("capabilities", capabilitiesOf(task.capPermitted & ~self.capPermitted));
  values.set("root", isRoot ? "with CAP_SYS_PTRACE" : "as root");
  values.set("remedy", isRoot ? "" : "; run it as root");
}

function foreignOr(it: string, otherwise: string): string {
  return it == "" ? otherwise : foreign(it);
}

export function nameOf(it: Thread | null): string {
  if (it == null || it.pid == 0) return "none in this pid namespace";
  const name = `${it.pid} (${foreign(it.name)})`;
  return it.tid == it.pid ? name : `thread ${it.tid} of ${name}`;
}

/** The words of a call are those of registers, of which it may use fewer. */
function callOf(task: Task): string {
  if (task.call == "") return "a system call that /proc does not show";
  if (task.callNumber < 0) return `its own code at ${hex(task.callCounter)}`;
  const words = `${hex(task.callWord(0))}, ${hex(task.callWord(1))}, ${hex(task.callWord(2))}`;
  return `${callName(task.callNumber)}(${words}, …)`;
}

/** The other threads of the process. */
function othersOf(task: Task): string {
  const first: string[] = [];
  let count = 0;
  for (let n = 0; n < task.threads.length; n++) {
    const it = task.threads[n];
    if (it.tid == task.tid || ++count > 3) continue;
    const tracer = it.tracerId == 0 ? "" : `, traced by ${it.tracerId}`;
    first.push(`${it.tid} (${it.state}${tracer})`);
  }
  return andMore(first, count);
}

/** @param first of `count`, at most three */
function andMore(first: string[], count: i32): string {
  const more = count > 3 ? ` and ${count - 3} more` : "";
  return `${first.join(", ")}${more}`;
}

/** The first ids, each once. */
function differentOf(ids: string[], most: i32): string {
  const different: string[] = [];
  for (let n = 0; n < most; n++) if (!different.includes(ids[n])) different.push(ids[n]);
  return different.join(", ");
}

function idsOf(task: Task, most: i32): string {
  return `uid ${differentOf(task.uids, most)}, gid ${differentOf(task.gids, most)}`;
}

/** The names of capabilities in the order of their numbers, without CAP_ (linux/capability.h). */
const CAPABILITIES =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE";

function capabilitiesOf(set: u64): string {
  const names = CAPABILITIES.split(" ");
  const all: string[] = [];
  for (let n = 0; n < 64; n++)
    if (((set >> n) & 1) != 0) all.push(`CAP_${n < names.length ? names[n] : n.toString()}`);
  return andMore(all.slice(0, 3), all.length);
}
