import { readdirSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { readIfThere } from "../../../core/stub/proc.ts";
import type { TracingThread } from "../../../core/stub/tracing_thread.ts";
import { errnoName } from "../../../lib/errno.ts";
import { DeathError } from "../../../lib/errors.ts";
import { cloneArguments, LEAVES } from "./arch.ts";
import { addressOf, SLOTS } from "./code.ts";
import { fork, reap, setUp } from "./processes.ts";
import { isBreakpoint, type Tracee, type TraceeSlot } from "./tracee.ts";

/** The observable effects of a clone, by name. */
export type Effects = ReadonlyMap<string, bigint>;

/** The outcome of a clone: an errno by name, or the effects. */
export interface CloneOutcome {
  /** "" if it created a child. */
  readonly errno: string;
  /** Examined only on request. */
  readonly effects: Effects;
}

const NONE: Effects = new Map();
const { EINVAL } = constants.errno;

/** Namespaces as /proc/PID/ns names them. */
const NAMESPACES = ["user", "mnt", "uts", "ipc", "pid", "net", "cgroup", "time"];
/** What kcmp compares (linux/kcmp.h). */
const SHARED = { vm: 1n, files: 2n, fs: 3n, sighand: 4n, sysvsem: 6n } as const;
/** Signals that would stop the stub like those of an instruction: they stay blocked while children end. */
const AWKWARD = ["SIGILL", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS"];
/** How many outcomes are kept: the encoders get the same cases one after another. */
const KEPT = 4096;
/** How long a child may take to end, in microseconds. */
const CHILD_END = 1_000_000;

/** Prepares a stub for all clones, and for comparing them. */
export function prepareClones(tracee: Tracee): Tracee {
  const { tracer, stub } = tracee;
  // The stub has stopped itself at its birth; its process is still stopped, and new threads would be, too.
  tracer.shim.tgkill(stub.pid, stub.pid, tracer.constant("SIGCONT"));
  tracee.call("getpid");
  // From now on it has semaphores to undo, which a child may share.
  const word = tracer.flag("CLONE_SYSVSEM") | BigInt(tracer.constant("SIGCHLD"));
  reap(tracee, fork(tracee, 0, word));
  return tracee;
}

/** Creates children of a stub with clone and clone3, and ends them. The stub may die. */
export class Clones {
  readonly #tracer: TracingThread;
  readonly #slot: TraceeSlot;
  readonly #known = new Map<string, CloneOutcome>();

  /**
   * @param slot stubs prepared by `prepareClones` and forked from the host: with CLONE_PARENT, children are the
   * host's
   */
  constructor(tracer: TracingThread, slot: TraceeSlot) {
    this.#tracer = tracer;
    this.#slot = slot;
  }

  /** The flags of these names, which spaces separate. */
  flags(names: string): bigint {
    return names.split(" ").reduce((set, name) => set | this.#tracer.flag(name), 0n);
  }

  /** clone with a word of flags and exit signal. */
  clone(word: bigint, look = false): CloneOutcome {
    const args = cloneArguments(word, addressOf(SLOTS.parentTid), addressOf(SLOTS.childTid));
    return this.#remember(`${word}`, look, () => this.#make("clone", args, word, look));
  }

  /**
   * clone3 with struct clone_args.
   *
   * @param size the size passed to clone3
   */
  clone3(members: BigUint64Array, size: bigint, look = false): CloneOutcome {
    const [flags = 0n] = members;
    return this.#remember(`${members.join()} ${size}`, look, () => {
      this.#slot.get().writeWords(SLOTS.cloneArguments, ...members);
      return this.#make("clone3", [addressOf(SLOTS.cloneArguments), size], flags, look);
    });
  }

  #remember(key: string, look: boolean, make: () => CloneOutcome): CloneOutcome {
    const own = `${key} ${look}`;
    const known = this.#known.get(own);
    if (known !== undefined) return known;
    if (this.#known.size >= KEPT) this.#known.clear();
    const outcome = make();
    this.#known.set(own, outcome);
    return outcome;
  }

  #make(call: string, args: readonly bigint[], flags: bigint, look: boolean): CloneOutcome {
    const tracee = this.#slot.get();
    const before = (flags & this.flags("CLONE_PIDFD")) === 0n ? undefined : pidfds();
    try {
      return this.#run(tracee, call, args, flags, look);
    } finally {
      // The stub shares this process's file table. What clone wrote may be overwritten, so pidfds are searched.
      for (const fd of before === undefined ? [] : pidfds()) {
        if (!before?.has(fd)) this.#tracer.shim.close(fd);
      }
    }
  }

  #run(
    tracee: Tracee,
    call: string,
    args: readonly bigint[],
    flags: bigint,
    look: boolean,
  ): CloneOutcome {
    tracee.writeWords(SLOTS.parentTid, 0n, 0n, 0n);
    // A vforking parent waits for its child, and a thread has to exit by itself.
    const leaves = (flags & this.flags("CLONE_VFORK CLONE_THREAD")) !== 0n;
    // Not every kernel can set it.
    this.#tracer.shim.setMask(tracee.stub.pid, this.#awkward);
    setUp(tracee, call, args, { [LEAVES]: leaves ? 1n : 0n });
    try {
      tracee.run("PTRACE_CONT", isBreakpoint(this.#tracer));
    } catch (error) {
      // The exit signal of its child may kill a vforking parent before clone returns: then there was a child.
      if (error instanceof DeathError && leaves) return { errno: "", effects: NONE };
      throw error;
    }
    const result = Number(BigInt.asIntN(64, tracee.block.get(HOST_MACHINE.callRegisters.result)));
    if (result < 0) return { errno: errnoName(-result), effects: NONE };
    try {
      return { errno: "", effects: look ? this.#look(tracee, result, flags) : NONE };
    } finally {
      this.#end(tracee, result, leaves);
    }
  }

  get #awkward(): bigint {
    const { encoder } = this.#tracer;
    const sets = AWKWARD.map((name) => encoder.signalSet(this.#tracer.constant(name)));
    return sets.reduce((all, set) => all | set, 0n);
  }

  #look(tracee: Tracee, pid: number, flags: bigint): Effects {
    const { stub } = tracee;
    awaitRest(pid);
    const effects = new Map<string, bigint>();
    effects.set("parent_tid written", BigInt(tracee.word(SLOTS.parentTid) !== 0n));
    effects.set("pidfd written", BigInt(tracee.word(SLOTS.pidfd) !== 0n));
    // A thread may be gone already. The child of a vfork is a zombie, which has few effects left.
    const isThread = (flags & this.flags("CLONE_THREAD")) !== 0n;
    effects.set("a process", BigInt(!isThread));
    if (isThread) return effects;
    const stat = statOf(pid);
    effects.set("exit signal", BigInt(stat.exitSignal));
    effects.set("a child of the stub", BigInt(stat.parent === stub.pid));
    if ((flags & this.flags("CLONE_VFORK")) !== 0n) return effects;
    effects.set("traced", BigInt(stat.tracer !== 0));
    for (const [name, type] of Object.entries(SHARED)) {
      const result = tracee.call("kcmp", BigInt(stub.pid), BigInt(pid), type, 0n, 0n);
      // The order of two that differ has no meaning.
      effects.set(`shared ${name}`, result === 2n ? 1n : result);
    }
    for (const name of NAMESPACES) {
      const same = namespaceOf(pid, name) === namespaceOf(stub.pid, name);
      effects.set(`own ${name} namespace`, BigInt(!same));
    }
    return effects;
  }

  /** Ends a child, and lets both its tracer and its parent reap it. */
  #end(tracee: Tracee, pid: number, leaves: boolean): void {
    const { tracer } = tracee;
    const { shim, status } = tracer;
    const all = tracer.flag("__WALL");
    if (!leaves) shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
    while (shim.wait(pid, Number(all), CHILD_END, status) === pid) {
      shim.ptrace(tracer.constant("PTRACE_CONT"), pid, 0, 0);
    }
    try {
      tracee.call("wait4", BigInt(pid), 0n, all, 0n);
    } catch (error) {
      // The exit signal may be SIGKILL.
      if (!(error instanceof DeathError)) throw error;
    }
  }
}

/** The pidfds of this process. */
function pidfds(): Set<number> {
  const isPidfd = (fd: string) => /^Pid:/m.test(readIfThere(`/proc/self/fdinfo/${fd}`) ?? "");
  return new Set(readdirSync("/proc/self/fd").filter(isPidfd).map(Number));
}

/** The errno of refused flags. */
export const REFUSAL = errnoName(EINVAL);

/** How long a new task may take until it sleeps, in milliseconds. */
const MOST_START = 100;

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
