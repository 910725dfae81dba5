import { limitRemedy } from "../../lib/errno.ts";
import {
  BirthError,
  DeathError,
  EncoderError,
  ForkError,
  SyscallError,
  UnsupportedError,
} from "../../lib/errors.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import type { Deadline } from "../shim/records.ts";
import { viewMemory } from "../shim/shim.ts";
import { attachAtSelfStop } from "./attach.ts";
import { endNewborn, endProcess, endStrays, executeIdle } from "./end.ts";
import { FILTER_INSTRUCTION, RSEQ_FLAG_UNREGISTER } from "./filter.ts";
import { inject } from "./injection.ts";
import { hasEnded } from "./proc.ts";
import { Thread } from "./tracee.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** The steps of a forked child in the order of enum stublab_child_step: bit i is step i. */
export const CHILD_STEPS = [
  "setsid",
  "dispositions",
  "rseq",
  "unmask",
  "seccomp",
  "parent",
  "stub",
] as const;

/** enum stublab_fork_option */
const FORK_TRACED = 1;
const FORK_GROUP = 2;

export type ChildStep = (typeof CHILD_STEPS)[number];

/** The word in which a forked child reports its step: shared with the host, mapped once per thread. */
let progress: { address: number; step: Uint32Array } | undefined;

/** How often a birth is tried if the child is killed before it is attached. */
const MOST_BIRTHS = 5;

/** How the host forks a stub. */
export interface Fork {
  readonly exitSignal: number;
  /** Steps of the set-up to leave out. */
  readonly omit?: readonly ChildStep[];
  /** A seccomp filter: an array of struct sock_filter. */
  readonly filter?: Uint8Array;
  /**
   * Whether the stub leads a process group of the host's session, not a session of its own. Where the kernel groups
   * tasks by session (sched_autogroup), two processes of one session hand over to each other faster.
   */
  readonly inSession?: boolean;
}

/**
 * Tries a birth again if its child was killed before it was attached: no caller has seen that child yet. SIGCONT kills,
 * too: it resumes a stub that has stopped itself, and the stub runs into its INT3.
 */
export function untilAttached<Born>(birth: () => Born, parent?: Thread): Born {
  for (let tries = 1; ; tries++) {
    try {
      return birth();
    } catch (error) {
      const death = error instanceof BirthError ? error.cause : error;
      const killed = death instanceof DeathError && death.end.kind !== "exited";
      if (tries === MOST_BIRTHS || !killed || death.pid === parent?.tid) throw error;
    }
  }
}

/**
 * The host forks a stub, which runs the stub code to its self-stop; then it is attached.
 *
 * The child leaves all signals blocked until it is attached, so that one that arrives earlier does no harm.
 *
 * @throws ForkError, BirthError, AttachError, DeadlineError
 */
export function forkStub(tracer: TracingThread, fork: Fork): Thread {
  return untilAttached(() => forkOnce(tracer, fork));
}

function forkOnce(tracer: TracingThread, fork: Fork): Thread {
  const { exitSignal, omit = [] } = fork;
  // A child whose thread could not be made would have no owner.
  tracer.blocks.expectRoom(1);
  const step = sharedProgress(tracer);
  const pid = forkProcess(tracer, { ...fork, omit: [...omit, "unmask"] });
  const thread = new Thread(tracer, pid, pid);
  try {
    reachSelfStop(thread, tracer.startBirthClock());
    if (!omit.includes("rseq")) unregisterRseq(thread);
    if (!omit.includes("unmask")) thread.expect("stopped").setMask(0n);
    return thread;
  } catch (error) {
    // A live child whose exit signal would kill the host stays stopped, and PDEATHSIG ends it with the host.
    if (tracer.isFatal(exitSignal) && !hasEnded(pid)) thread.forget();
    else endNewborn(thread);
    if (!(error instanceof DeathError)) throw error;
    throw birthError(lastStep(step.step), thread, fork, error);
  }
}

function reachSelfStop(thread: Thread, deadline: Deadline): void {
  thread.wait(deadline, Number(thread.tracer.waitSelfStop));
  attachAtSelfStop(thread, deadline);
}

/**
 * The host's fork alone. Returns the child's pid.
 *
 * @param traced whether the child makes the host its tracer before its first step.
 * @throws ForkError, EncoderError
 */
export function forkProcess(tracer: TracingThread, fork: Fork, traced = false): number {
  const { exitSignal, omit = [], filter, inSession = false } = fork;
  const { address, step } = sharedProgress(tracer);
  step[0] = 0;
  const pid = tracer.shim.fork(
    tracer.cloneWord(exitSignal),
    tracer.stubAddress,
    CHILD_STEPS.reduce((bits, name, i) => bits | (omit.includes(name) ? 1 << i : 0), 0),
    address,
    filter ?? null,
    (filter?.length ?? 0) / FILTER_INSTRUCTION,
    (traced ? FORK_TRACED : 0) | (inSession ? FORK_GROUP : 0),
  );
  if (pid < 0) throw forkError(tracer.errorName(-pid));
  return pid;
}

/** The step that a child's progress word shows. */
function lastStep([bits = 0]: Uint32Array): ChildStep | "clone" {
  return CHILD_STEPS[31 - Math.clz32(bits)] ?? "clone";
}

/**
 * A stub clones another by injection, and the tracer attaches to it.
 *
 * With a harmful exit signal a birth cannot be tried again: the parent blocks signals during the birth, and the child
 * until it is attached.
 *
 * @throws SyscallError, BirthError, AttachError, DeathError, DeadlineError, EncoderError
 */
export function cloneStub(parent: Thread, exitSignal: number): Thread {
  const { tracer } = parent;
  const word = tracer.cloneWord(exitSignal);
  if (!tracer.isFatal(exitSignal)) {
    return untilAttached(() => cloneHarmless(parent, word), parent);
  }
  const mask = parent.makeStopped().block(tracer.birthMask);
  let thread: Thread | undefined;
  try {
    thread = cloneOnce(parent, word);
    thread.expect("stopped").setMask(mask);
    return thread;
  } finally {
    restoreMask(parent, mask, thread);
  }
}

/** If the parent has ended, its child ends with it: nobody will own that, and its end harms nobody. */
function restoreMask(parent: Thread, mask: bigint, child: Thread | undefined): void {
  try {
    if (parent.state.name === "stopped") parent.state.setMask(mask);
  } catch (error) {
    if (child !== undefined && parent.end !== undefined) endNewborn(child);
    throw error;
  }
}

function cloneHarmless(parent: Thread, word: bigint): Thread {
  try {
    return cloneOnce(parent, word);
  } catch (error) {
    endStrays(parent);
    throw error;
  }
}

function cloneOnce(parent: Thread, word: bigint): Thread {
  const { tracer } = parent;
  tracer.blocks.expectRoom(1);
  const pid = clone(parent, word);
  const thread = new Thread(tracer, pid, pid);
  try {
    awaitChild(parent, pid);
    attachAtSelfStop(thread, tracer.startBirthClock(), parent.tgid);
    return thread;
  } catch (error) {
    thread.forget();
    throw error;
  }
}

/** The injected clone. Returns the pid from the kernel's own register, with which the encoder must agree. */
function clone(parent: Thread, clone: bigint): number {
  const { tracer } = parent;
  const setUp = (frame: RegisterBlock) => tracer.encoder.encodeBootstrap(frame.offset, parent.tgid);
  const args = [clone, 0, 0, 0, 0];
  const { word } = inject(parent, tracer.flag("SYS_clone"), args, { setUp, isBirth: true });
  if (word < 0n) throw cloneError(parent.tgid, tracer.errorName(-Number(word)));
  const { name } = tracer.encoder;
  const value = tracer.encoder.syscallResult(tracer.frame.offset);
  if (value === word) return Number(word);
  throw new EncoderError(`encoder ${name} returns ${value} for a clone that returned ${word}`);
}

/**
 * Waits for the child's self-stop, before the tracer attaches. Only the parent can wait for its child, so the result of
 * wait4 also confirms that `pid` is its child.
 *
 * @throws BirthError
 */
function awaitChild(parent: Thread, pid: number): void {
  const { tracer } = parent;
  const { word } = inject(parent, tracer.flag("SYS_wait4"), [pid, 0, tracer.waitSelfStop, 0]);
  if (word === BigInt(pid)) return;
  const outcome = word < 0n ? `failed with ${tracer.errorName(-Number(word))}` : `returned ${word}`;
  throw new BirthError(
    "clone",
    `stub ${pid} cannot be attached: wait4 in stub ${parent.tgid} ${outcome}`,
    { call: "wait4" },
  );
}

/** The word in which a forked child reports its step, and its address. @throws ForkError */
function sharedProgress(tracer: TracingThread): { address: number; step: Uint32Array } {
  if (progress !== undefined) return progress;
  const address = tracer.shim.mapShared(-1, 4);
  if (address < 0) throw forkError(tracer.errorName(-address));
  progress = { address, step: new Uint32Array(viewMemory(address, 4)) };
  return progress;
}

/** The host's clone failed with an errno. */
function forkError(errno: string): ForkError {
  return new ForkError(`the host cannot fork a stub: clone failed with ${errno}`, {
    call: "clone",
    errno,
    remedy: limitRemedy(errno),
  });
}

/** A stub's clone failed with an errno. */
export function cloneError(parent: number, errno: string): SyscallError {
  return new SyscallError(`stub ${parent} cannot clone another: clone failed with ${errno}`, {
    call: "clone",
    errno,
    remedy: limitRemedy(errno),
  });
}

function birthError(
  step: ChildStep | "clone",
  { tid, tracer }: Thread,
  { omit = [], inSession = false }: Fork,
  cause: DeathError,
): BirthError {
  const { end } = cause;
  const status = end.kind === "exited" ? end.status : undefined;
  // The stub code exits with 1 if its parent is not the pid in its register; this host lives, so the register was not set.
  if (step === "stub" && status === 1 && omit.includes("parent")) {
    return new BirthError(
      step,
      `stub ${tid} ended: its parent was not the one in ${HOST_MACHINE.parent.toUpperCase()}`,
      { cause },
    );
  }
  const errno = status === undefined ? undefined : tracer.errorName(status);
  const call = inSession && step === "setsid" ? "setpgid" : step;
  const place = step === "stub" ? "in the stub code" : `at step ${call} of its set-up`;
  return new BirthError(step, `stub ${tid} failed ${place}: ${errno ?? cause.how}`, {
    ...(errno !== undefined && { errno }),
    call: step === "stub" ? failedCall(cause) : call,
    remedy: "a seccomp filter of this process may forbid the call; `stublab doctor` tries it",
    cause,
  });
}

/** The call of the stub code that failed: only if kill is refused, the stub runs into its INT3. */
function failedCall({ end }: DeathError): string {
  const trapped = end.kind === "signaled" && end.signal === "SIGTRAP";
  return trapped ? "kill" : "prctl(PR_SET_PDEATHSIG)";
}

const rehearsed = new WeakSet<TracingThread>();

/**
 * Tries what must not fail in a stub with a harmful exit signal, in a stub with a harmless one: its birth, and the
 * execve that makes it safe to end. A filter of this process may refuse any of these calls, and a stub that dies of
 * that would kill this process, too. Runs once per tracer.
 *
 * @throws BirthError, AttachError, ForkError; UnsupportedError if such a stub could not be ended.
 */
export function rehearse(tracer: TracingThread, fork: Fork): void {
  if (rehearsed.has(tracer)) return;
  const exitSignal = tracer.constant("SIGCHLD");
  const thread = forkStub(tracer, { ...fork, exitSignal });
  try {
    const failure = executeOrDie(thread);
    if (failure !== undefined) throw unsafe(tracer.signalName(fork.exitSignal), failure);
    rehearsed.add(tracer);
  } finally {
    endProcess(thread, exitSignal, true);
  }
}

interface Failure {
  readonly call: string;
  readonly how: string;
  readonly errno?: string;
}

/** Returns which call failed, and how: a filter may also kill the stub for it. */
function executeOrDie(thread: Thread): Failure | undefined {
  try {
    const failure = executeIdle(thread);
    return failure && { ...failure, how: `failed with ${failure.errno}` };
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    return { call: "execveat", how: `ended it: ${error.how}` };
  }
}

function unsafe(signal: string, { call, how, errno }: Failure): UnsupportedError {
  return new UnsupportedError(
    `a stub with exit signal ${signal} could not be ended without harm: ${call} ${how}`,
    {
      call,
      ...(errno !== undefined && { errno }),
      remedy:
        "use the exit signal SIGCHLD, or allow the call: a seccomp filter or a security module may forbid it; " +
        "if vm.memfd_noexec is 2, the package's core-*.so must be executable",
    },
  );
}

/** The area that a thread has registered for restartable sequences, as for rseq(2). */
export interface RseqArea {
  /** 0 if nothing is registered. */
  readonly address: bigint;
  readonly length: number;
  readonly signature: number;
}

/** The area of a stopped thread, from PTRACE_GET_RSEQ_CONFIGURATION; undefined before Linux 5.13. */
export function readRseq({ tracer, tid }: Thread): RseqArea | undefined {
  // struct ptrace_rseq_configuration (linux/ptrace.h)
  const bytes = new DataView(new ArrayBuffer(24));
  // An encoder for older headers does not have it.
  const request = tracer.encoder.constants.get("PTRACE_GET_RSEQ_CONFIGURATION");
  if (request === undefined) return undefined;
  const result = tracer.shim.ptrace(Number(request), tid, bytes.byteLength, bytes);
  if (result < 0) return undefined;
  return {
    address: bytes.getBigUint64(0, true),
    length: bytes.getUint32(8, true),
    signature: bytes.getUint32(12, true),
  };
}

/**
 * Unregisters the area that an attached stub still has from its host. The set-up of the child handles only glibc's
 * area, because the kernel requires exactly the registered length.
 */
export function unregisterRseq(thread: Thread): void {
  const area = readRseq(thread);
  if (area === undefined || area.address === 0n) return;
  const { address, length, signature } = area;
  const args = [address, length, RSEQ_FLAG_UNREGISTER, signature];
  inject(thread, thread.tracer.flag("SYS_rseq"), args);
}
