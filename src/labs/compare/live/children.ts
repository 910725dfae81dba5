import { readlinkSync } from "node:fs";
import { constants } from "node:os";
import { readIfThere } from "../../../core/stub/proc.ts";
import { errnoName } from "../../../lib/errno.ts";
import { DeathError } from "../../../lib/errors.ts";
import { HOST } from "./arch.ts";
import { slot } from "./code.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const { SIGCONT, SIGCHLD, SIGKILL } = constants.signals;
/** What CLONE_PIDFD leaves in the stub is closed: all files. */
const [FIRST_FILE, LAST_FILE] = [0n, 0xffff_ffffn];
/** Namespaces as /proc/PID/ns names them. */
const NAMESPACES = ["user", "mnt", "uts", "ipc", "pid", "net", "cgroup", "time"];
/** What kcmp compares (linux/kcmp.h). */
const SHARED = { vm: 1n, files: 2n, fs: 3n, sighand: 4n, sysvsem: 6n } as const;
/** How long a new task may take until it sleeps, in milliseconds. */
const MOST_START = 100;

/** What a child is, by name. */
export type Effects = Readonly<Record<string, unknown>>;

/** The outcome of a clone: an errno by name, "" if there was a child; and what that is, if it could be examined. */
export interface CloneOutcome {
  readonly errno: string;
  readonly effects: Effects;
}

/** Prepares a stub for all clones, and for comparing them. */
export function prepareClones(tracee: Tracee): Tracee {
  const { tracer, stub } = tracee;
  // The stub has stopped itself at its birth; its process is still stopped, and new threads would be, too.
  tracee.send(stub.pid, SIGCONT);
  // It shares the file table of this process.
  tracee.call("unshare", tracer.flag("CLONE_FILES"));
  tracee.call("close_range", FIRST_FILE, LAST_FILE, 0n);
  // From now on it has semaphores to undo, which a child may share.
  tracee.reap(tracee.fork(0, tracer.flag("CLONE_SYSVSEM") | BigInt(SIGCHLD)));
  return tracee;
}

/** Creates children of a stub with clone and clone3, and ends them. The stub may die. */
export class Clones {
  readonly #stubs: TraceeSlot;

  /** @param stubs prepared by `prepareClones` and forked from the host: with CLONE_PARENT, children are the host's */
  constructor(stubs: TraceeSlot) {
    this.#stubs = stubs;
  }

  /** The flags of these names, which spaces separate. */
  flags(names: string): bigint {
    const { tracer } = this.#stubs.get();
    return names.split(" ").reduce((set, name) => set | tracer.flag(name), 0n);
  }

  /** clone with a word of flags and exit signal. @param looks whether the child is examined */
  clone(word: bigint, looks = true): CloneOutcome {
    const args = HOST.cloneArguments(word, slot("parentTid"), slot("childTid"));
    return this.#make("clone", args, word, looks);
  }

  /** clone3 with struct clone_args. @param size the size passed to clone3 */
  clone3(members: BigUint64Array, size: bigint, looks = true): CloneOutcome {
    this.#stubs.get().writeWords("argument", ...members);
    return this.#make("clone3", [slot("argument"), size], members[0] ?? 0n, looks);
  }

  #make(call: string, args: readonly bigint[], flags: bigint, looks: boolean): CloneOutcome {
    const tracee = this.#stubs.get();
    tracee.writeWords("parentTid", 0n, 0n, 0n);
    const has = (names: string) => (flags & this.flags(names)) !== 0n;
    // A vforking parent waits for its child, and a thread has to exit by itself.
    const leaves = has("CLONE_VFORK CLONE_THREAD");
    let child: number;
    try {
      child = Number(tracee.clone(call, args, leaves ? 0 : undefined));
    } catch (error) {
      // The exit signal of its child may kill a vforking parent before clone returns: then there was a child.
      if (error instanceof DeathError && leaves) return { errno: "", effects: {} };
      throw error;
    }
    if (child < 0) return { errno: errnoName(-child), effects: {} };
    try {
      return { errno: "", effects: looks ? look(tracee, child, has) : {} };
    } finally {
      end(tracee, child, leaves);
    }
  }
}

/** What a child is. */
function look(tracee: Tracee, pid: number, has: (names: string) => boolean): Effects {
  const { stub } = tracee;
  awaitRest(pid);
  const [parentTid, , pidfd] = new BigUint64Array(tracee.read("parentTid", 24).buffer);
  const written = { "parent_tid written": parentTid !== 0n, "pidfd written": pidfd !== 0n };
  // A thread may be gone already. The child of a vfork is a zombie, which has few effects left.
  const isThread = has("CLONE_THREAD");
  if (isThread) return { ...written, thread: true };
  const { exitSignal, parent, tracer } = statOf(pid);
  const process = { ...written, exitSignal, "child of the stub": parent === stub.pid };
  if (has("CLONE_VFORK")) return process;
  const shared = Object.entries(SHARED).map(([name, type]) => {
    const result = tracee.call("kcmp", BigInt(stub.pid), BigInt(pid), type, 0n, 0n);
    // The order of two that differ has no meaning.
    return [`shared ${name}`, result === 2n ? 1n : result];
  });
  const namespaces = NAMESPACES.map((name) => [
    `own ${name} namespace`,
    namespaceOf(pid, name) !== namespaceOf(stub.pid, name),
  ]);
  return { ...process, traced: tracer !== 0, ...Object.fromEntries([...shared, ...namespaces]) };
}

/** Ends a child, and lets both its tracer and its parent reap it. */
function end(tracee: Tracee, child: number, leaves: boolean): void {
  if (!leaves) tracee.tracer.shim.tgkill(child, child, SIGKILL);
  tracee.reapTraced(child);
  try {
    tracee.call("wait4", BigInt(child), 0n, tracee.tracer.flag("__WALL"), 0n);
    tracee.call("close_range", FIRST_FILE, LAST_FILE, 0n);
  } catch (error) {
    // The exit signal may be SIGKILL.
    if (!(error instanceof DeathError)) throw error;
  }
}

/** Waits until a new task sleeps or has ended: it may first have to write its id for CLONE_CHILD_SETTID. */
function awaitRest(pid: number): void {
  const end = performance.now() + MOST_START;
  while (/^[RD]$/.test(statOf(pid).state) && performance.now() < end);
}

/** Fields of /proc/PID/stat and status; 0 for a task that is gone. */
function statOf(pid: number) {
  const stat = readIfThere(`/proc/${pid}/stat`) ?? "";
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const tracer = /^TracerPid:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`) ?? "")?.[1];
  return {
    state: fields[0] ?? "",
    parent: Number(fields[1] ?? 0),
    exitSignal: Number(fields[35] ?? 0),
    tracer: Number(tracer ?? 0),
  };
}

function namespaceOf(pid: number, name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${name}`);
  } catch {
    return "";
  }
}
