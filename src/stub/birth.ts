import { errnoName } from "../errno.ts";
import {
  AttachError,
  BirthError,
  DeathError,
  EncoderError,
  ForkError,
  PROCESS_LIMIT,
  SyscallError,
} from "../errors.ts";
import { Deadline } from "../shim/deadline.ts";
import { CHILD_STEPS, type ChildStep } from "../shim/fork.ts";
import { viewMemory } from "../shim/library.ts";
import { WORD } from "./amd64.ts";
import { FILTER_INSTRUCTION } from "./bpf.ts";
import { hasEnded, readIfThere } from "./proc.ts";
import { unregisterRseq } from "./rseq.ts";
import { Thread } from "./thread.ts";
import type { Tracer } from "./tracer.ts";

/** The word in which a forked child tells its step: shared with the host, mapped once in a thread. */
let progress: { address: number; step: Uint32Array } | undefined;

/** What is known of a child that somebody has killed too early. */
const UNATTACHED = "it ended before it was attached";

/** How many births are tried whose children are killed before they are attached. */
const MOST_BIRTHS = 5;

/**
 * Tries a birth again whose child somebody has killed before it was attached: nobody has seen it yet. SIGCONT does so as
 * well, which lets a stub that has stopped itself run on into its INT3.
 */
function untilAttached(birth: () => Thread, parent?: Thread): Thread {
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
 * Step 2 of a stub's life, host fork; then 3 and 4, its self-stop and the attach.
 *
 * The child leaves all signals blocked until it is attached, so that one that arrives earlier does no harm.
 */
export function forkStub(
  tracer: Tracer,
  exitSignal: number,
  omit: readonly ChildStep[],
  filter?: Uint8Array,
): Thread {
  return untilAttached(() => forkOnce(tracer, exitSignal, omit, filter));
}

function forkOnce(
  tracer: Tracer,
  exitSignal: number,
  omit: readonly ChildStep[],
  filter: Uint8Array | undefined,
): Thread {
  const { address, step } = sharedProgress(tracer);
  step[0] = 0;
  const pid = tracer.shim.fork(
    cloneWord(tracer, exitSignal),
    tracer.stubAddress,
    stepBits([...omit, "unmask"]),
    address,
    filter ?? null,
    (filter?.length ?? 0) / FILTER_INSTRUCTION,
    0,
  );
  if (pid < 0) throw forkError(-pid);
  const thread = new Thread(tracer, pid, pid);
  const deadline = tracer.startBirthClock();
  try {
    thread.wait(deadline, Number(tracer.waitSelfStop));
    reachSelfStop(thread, deadline);
    if (!omit.includes("rseq")) unregisterRseq(thread);
    if (!omit.includes("unmask")) thread.setMask(0n);
    return thread;
  } catch (error) {
    const ended = thread.state === "dead";
    // One whose exit signal would kill the host stays stopped, and PDEATHSIG ends it with the host.
    if (!ended && !tracer.isFatal(exitSignal)) {
      tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
      thread.reap();
    }
    thread.forget();
    if (!(error instanceof DeathError)) throw error;
    throw birthError(lastStep(step), thread, omit.includes("parent"), error);
  }
}

function stepBits(steps: readonly ChildStep[]): number {
  return CHILD_STEPS.reduce((bits, name, i) => bits | (steps.includes(name) ? 1 << i : 0), 0);
}

/** The step that a child's progress word shows. */
function lastStep([bits = 0]: Uint32Array): ChildStep | "clone" {
  return CHILD_STEPS[31 - Math.clz32(bits)] ?? "clone";
}

/**
 * Step 6: a stub clones another by injection, and the tracer attaches to it.
 *
 * With a harmful exit signal no birth can be tried again: then the parent blocks signals meanwhile, and so does the child
 * until it is attached.
 */
export function cloneStub(parent: Thread, exitSignal: number): Thread {
  const { tracer } = parent;
  const word = cloneWord(tracer, exitSignal);
  if (!tracer.isFatal(exitSignal)) return untilAttached(() => cloneHarmless(parent, word), parent);
  const mask = parent.block(tracer.birthMask);
  try {
    const thread = cloneOnce(parent, word);
    thread.setMask(mask);
    return thread;
  } finally {
    if (parent.state === "stopped") parent.setMask(mask);
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
  const pid = clone(parent, word);
  const thread = new Thread(tracer, pid, pid);
  try {
    awaitChild(parent, pid);
    reachSelfStop(thread, tracer.startBirthClock(), parent.tgid);
    return thread;
  } catch (error) {
    thread.forget();
    throw error;
  }
}

/** The injected clone. Returns the pid by the kernel's own answer, with which the encoder must agree. */
function clone(parent: Thread, word: bigint): number {
  const { tracer } = parent;
  const { value, errno } = parent.inject(tracer.flag("SYS_clone"), [word, 0, 0, 0, 0], (frame) =>
    tracer.encoder.encodeBootstrap(frame.offset, parent.tgid),
  );
  const { answer } = parent;
  if (answer < 0n) throw cloneError(parent.tgid, tracer.errorName(-Number(answer)));
  if (value === answer) return Number(answer);
  throw new EncoderError(
    `encoder ${tracer.encoder.name} returns ${value ?? errno} for a clone that returned ${answer}`,
  );
}

/**
 * Waits for the child's self-stop. That is its parent's to do: the tracer may attach only afterwards. The kernel's
 * answer shows that `pid` is the parent's child.
 *
 * @throws BirthError
 */
function awaitChild(parent: Thread, pid: number): void {
  const { tracer } = parent;
  parent.inject(tracer.flag("SYS_wait4"), [pid, 0, tracer.waitSelfStop, 0]);
  const { answer } = parent;
  const refuse = (why: string): never => {
    throw new BirthError("clone", `stub ${pid} cannot be attached: ${why}`, { call: "wait4" });
  };
  if (answer < 0n)
    refuse(`wait4 in stub ${parent.tgid} failed with ${tracer.errorName(-Number(answer))}`);
  if (answer !== BigInt(pid)) refuse(`wait4 in stub ${parent.tgid} returned ${answer}`);
}

/**
 * Ends the children of a stub that became no stubs. The parent is stopped, and nobody else reaps them, so their pids
 * are theirs.
 */
function endStrays(parent: Thread): void {
  const { tracer, tgid, tid } = parent;
  if (parent.state !== "stopped") return;
  const list = readIfThere(`/proc/${tgid}/task/${tid}/children`) ?? "";
  const children = list.split(" ").map(Number);
  for (const pid of children.filter((child) => child > 0 && !tracer.stubs.has(child))) {
    const thread = new Thread(tracer, pid, pid);
    tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
    // As its tracer, if it was attached already; else that fails with ECHILD.
    thread.reap();
    parent.patiently(() =>
      parent.inject(tracer.flag("SYS_wait4"), [pid, 0, tracer.flag("__WALL"), 0]),
    );
  }
}

/** The clone word of every stub: the exit signal and a shared file table. @throws EncoderError */
export function cloneWord(tracer: Tracer, exitSignal: number): bigint {
  const word = tracer.encoder.encodeClone(tracer.flag("CLONE_FILES"), exitSignal);
  if (word >= 0n) return word;
  throw new EncoderError(
    `encoder ${tracer.encoder.name} refuses CLONE_FILES with exit signal ${exitSignal}`,
  );
}

/**
 * Step 4: PTRACE_ATTACH, its stop, and the options.
 *
 * @param relative a process in whose session it must be
 * @throws AttachError, DeathError, DeadlineError
 */
export function attach(
  thread: Thread,
  deadline = new Deadline(thread.tracer.deadline),
  options: number = thread.tracer.traceOptions,
  relative = 0,
): void {
  requestAttach(thread, relative);
  // Another signal may stop it before the SIGSTOP of the attach, which then stops it later.
  thread.wait(deadline);
  thread.ptrace("PTRACE_SETOPTIONS", options);
}

/**
 * Attaches to a new stub that has stopped, and takes its initial registers at its self-stop. If somebody else's SIGSTOP
 * was earlier, it first goes on until then.
 */
function reachSelfStop(thread: Thread, deadline: Deadline, relative?: number): void {
  const { frame, traceOptions } = thread.tracer;
  try {
    attach(thread, deadline, traceOptions, relative);
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    if (error.errno !== "ESRCH" && !hasEnded(thread.tid)) throw error;
    throw new DeathError(thread.tid, { kind: "unknown", reason: UNATTACHED });
  }
  thread.readRegisters(frame);
  while (!isAtSelfStop(thread)) {
    thread.next(deadline);
    thread.readRegisters(frame);
  }
  keepInitialRegisters(thread);
}

/** Whether the registers read last are those after the kill of the self-stop. A clone begins there, but with RBX 1. */
function isAtSelfStop({ tracer }: Thread): boolean {
  const { frame, selfStopAddress } = tracer;
  return frame.word(WORD.rip) === selfStopAddress && frame.word(WORD.rbx) === 0n;
}

/** PTRACE_ATTACH alone: its SIGSTOP has to be waited for. @throws AttachError */
export function requestAttach({ tracer, tid }: Thread, relative = 0): void {
  const result = tracer.shim.attach(tid, relative);
  if (result < 0) throw attachError(tid, -result);
}

/** The registers at the self-stop, with RIP back before the SYSCALL that all injections use. */
export function takeInitialRegisters(thread: Thread): void {
  thread.readRegisters(thread.tracer.frame);
  keepInitialRegisters(thread);
}

/** The same with the registers that were read last. */
function keepInitialRegisters(thread: Thread): void {
  const { encoder, frame } = thread.tracer;
  encoder.rewindSyscall(frame.offset);
  thread.initial.copyFrom(frame);
}

/** The word in which a forked child tells its step, and its address. @throws ForkError */
export function sharedProgress(tracer: Tracer): { address: number; step: Uint32Array } {
  if (progress !== undefined) return progress;
  const address = tracer.shim.mapShared(4);
  if (address < 0) throw forkError(-address);
  progress = { address, step: new Uint32Array(viewMemory(address, 4)) };
  return progress;
}

/** The host's clone failed with an errno. */
export function forkError(errno: number): ForkError {
  const name = errnoName(errno);
  return new ForkError(`the host cannot fork a stub: clone failed with ${name}`, {
    call: "clone",
    errno: name,
    ...processLimit(name),
  });
}

function cloneError(parent: number, name: string): SyscallError {
  return new SyscallError(`stub ${parent} cannot clone another: clone failed with ${name}`, {
    call: "clone",
    errno: name,
    ...processLimit(name),
  });
}

function processLimit(errno: string): { remedy?: string } {
  if (errno !== "EAGAIN") return {};
  return { remedy: PROCESS_LIMIT };
}

function birthError(
  step: ChildStep | "clone",
  thread: Thread,
  orphaned: boolean,
  death: DeathError,
): BirthError {
  const { end } = death;
  const status = end.kind === "exited" ? end.status : undefined;
  // The stub code exits with 1 for an orphan; this host lives, so only without R15 can it be one.
  if (step === "stub" && status === 1 && orphaned) {
    return new BirthError(step, `stub ${thread.tid} ended: its parent was not the one in R15`, {
      cause: death,
    });
  }
  const errno = status === undefined ? undefined : errnoName(status);
  return new BirthError(
    step,
    step === "stub"
      ? `stub ${thread.tid} failed in the stub code: ${errno ?? death.how}`
      : `stub ${thread.tid} failed at step ${step} of its set-up: ${errno ?? death.how}`,
    {
      ...(errno !== undefined && { errno }),
      // Only a kill that was refused lets the stub run into its INT3.
      call:
        step !== "stub"
          ? step
          : end.kind === "signaled" && end.signal === "SIGTRAP"
            ? "kill"
            : "prctl(PR_SET_PDEATHSIG)",
      remedy: "a seccomp filter of this process may forbid the call; `stublab doctor` tries it",
      cause: death,
    },
  );
}

function attachError(tid: number, errno: number): AttachError {
  const name = errnoName(errno);
  return new AttachError(`ptrace(PTRACE_ATTACH) on stub ${tid} was refused: ${name}`, {
    call: "ptrace(PTRACE_ATTACH)",
    errno: name,
    remedy: attachRemedy(tid),
  });
}

/** Who or what stands in the way of an attach, as far as /proc tells. */
function attachRemedy(tid: number): string {
  const status = readIfThere(`/proc/${tid}/status`) ?? "";
  const holder = /^TracerPid:\s+([1-9]\d*)/m.exec(status)?.[1];
  if (holder !== undefined) {
    const name = readIfThere(`/proc/${holder}/comm`);
    return `process ${holder} (${name}) traces it already; run without strace -f or a debugger that follows forks`;
  }
  if (status === "") return "it ended before it could be attached";
  const scope = readIfThere("/proc/sys/kernel/yama/ptrace_scope");
  if (scope === "2" || scope === "3") {
    return `ptrace is forbidden here: kernel.yama.ptrace_scope is ${scope}; ${
      scope === "2" ? "run with CAP_SYS_PTRACE, or set it to 1" : "set it to 1 and reboot"
    }`;
  }
  return "ptrace may be forbidden by a container's seccomp profile: allow it, or run `stublab doctor`";
}
