import { readlinkSync } from "node:fs";
import { constants } from "node:os";
import { readIfThere, readProcess } from "../../../core/stub/proc.ts";
import { errnoName } from "../../../lib/errno.ts";
import { DeathError, StateError } from "../../../lib/errors.ts";
import { HOST } from "./arch.ts";
import { slot } from "./code.ts";
import { undecided } from "./judge.ts";
import { EXITS, type Tracee, type TraceeSlot } from "./tracee.ts";

const { SIGCONT, SIGCHLD, SIGKILL } = constants.signals;
/** The arguments of close_range: what CLONE_PIDFD leaves in the stub is closed with all else. */
const ALL_FILES = [0n, 0xffff_ffffn, 0n];
/** Namespaces as /proc/PID/ns names them. */
const NAMESPACES = ["user", "mnt", "uts", "ipc", "pid", "net", "cgroup", "time"];
/** What kcmp compares (linux/kcmp.h): memory, files, folders, signal handlers, semaphores to undo. */
const SHARED = [1n, 2n, 3n, 4n, 6n];
/** How long a new task may take until it sleeps, in milliseconds. */
const MOST_START = 100;

/** The outcome of a clone. */
export interface CloneOutcome {
  /** By name; "" if there was a child. */
  readonly errno: string;
  /** What the child is, if it was examined. */
  readonly child: readonly unknown[];
  readonly exitSignal?: number;
}

/** Prepares a stub for all clones, and for comparing them. */
export function prepareClones(tracee: Tracee): Tracee {
  const { tracer, stub } = tracee;
  // The stub has stopped itself at its birth; its process is still stopped, and new threads would be, too.
  tracee.send(stub.pid, SIGCONT);
  // It shares the file table of this process.
  tracee.call("unshare", [tracer.flag("CLONE_FILES")]);
  tracee.call("close_range", ALL_FILES);
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
    return names.split(" ").reduce((set, name) => set | tracer.flag(`CLONE_${name}`), 0n);
  }

  /** clone with a word of flags and exit signal. @param looks whether the child is examined */
  clone(word: bigint, looks = true): CloneOutcome {
    if (word >> 32n !== 0n) undecided("clone ignores the upper half of its word");
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
    const has = (name: string) => (flags & this.flags(name)) !== 0n;
    const [vforks, threads] = [has("VFORK"), has("THREAD")];
    if (vforks && has("PTRACE"))
      undecided("a vforking parent waits for its child, which would wait for its tracer");
    tracee.writeWords("parentTid", 0n, 0n, 0n);
    // A vforking parent waits for its child, and a thread has to exit by itself.
    const leaves = vforks || threads;
    let child: number;
    try {
      child = Number(tracee.call(call, args, "clone", leaves ? EXITS : 0n));
    } catch (error) {
      // The exit signal of its child may kill a vforking parent before clone returns: then there was a child.
      if (error instanceof DeathError && leaves) return { errno: "", child: [] };
      throw error;
    }
    if (child < 0) return { errno: errnoName(-child), child: [] };
    try {
      if (!looks) return { errno: "", child: [] };
      awaitRest(child);
      const [parentTid, , pidfd] = new BigUint64Array(tracee.read("parentTid", 24).buffer);
      const written = [parentTid !== 0n, pidfd !== 0n];
      // A thread may be gone already.
      if (threads) return { errno: "", child: written };
      const { exitSignal, parentPid, tracerTid } = readProcess(child);
      const kin = [exitSignal, parentPid === tracee.stub.pid];
      // The child of a vfork is a zombie, which has little left.
      const rest = vforks ? [] : [tracerTid !== 0, ...possessions(tracee, child)];
      return { errno: "", child: [...written, ...kin, ...rest], exitSignal };
    } catch (error) {
      // Another process has ended it.
      if (error instanceof StateError) undecided("the child ended before it was examined");
      throw error;
    } finally {
      end(tracee, child, leaves);
    }
  }
}

/** What a child shares with the stub, and which namespaces of its own it has. */
function possessions(tracee: Tracee, child: number): unknown[] {
  const { pid } = tracee.stub;
  const shared = SHARED.map((type) => {
    const order = tracee.call("kcmp", [BigInt(pid), BigInt(child), type, 0n, 0n]);
    // The order of two that differ has no meaning.
    return order === 2n ? 1n : order;
  });
  return [
    ...shared,
    ...NAMESPACES.map((name) => namespaceOf(child, name) === namespaceOf(pid, name)),
  ];
}

/** Ends a child, and lets both its tracer and its parent reap it. */
function end(tracee: Tracee, child: number, leaves: boolean): void {
  if (!leaves) tracee.tracer.shim.tgkill(child, child, SIGKILL);
  tracee.reapTraced(child);
  try {
    tracee.call("wait4", [BigInt(child), 0n, tracee.tracer.flag("__WALL"), 0n]);
    tracee.call("close_range", ALL_FILES);
  } catch (error) {
    // The exit signal may be SIGKILL.
    if (!(error instanceof DeathError)) throw error;
  }
}

/** Waits until a new task sleeps or has ended: it may first have to write its id for CLONE_CHILD_SETTID. */
function awaitRest(pid: number): void {
  const end = performance.now() + MOST_START;
  const isBusy = () => /\) [RD] /.test(readIfThere(`/proc/${pid}/stat`) ?? "");
  while (isBusy() && performance.now() < end);
}

function namespaceOf(pid: number, name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${name}`);
  } catch {
    return "";
  }
}
