import { readFileSync } from "node:fs";
import { errnoName } from "../errno.ts";
import {
  AttachError,
  BirthError,
  DeathError,
  EncoderError,
  ForkError,
  PROCESS_LIMIT,
  SyscallError,
  TraceError,
} from "../errors.ts";
import { CHILD_STEPS, type ChildStep, viewMemory } from "../shim.ts";
import { FILTER_INSTRUCTION } from "./bpf.ts";
import { patiently, Thread } from "./thread.ts";
import type { Tracer } from "./tracer.ts";

/** The word in which a forked child tells its step: shared with the host, mapped once in a thread. */
let progress: { address: number; step: Uint32Array } | undefined;

/** Step 2 of a stub's life, host fork; then 3 and 4, its self-stop and the attach. */
export function forkStub(
  tracer: Tracer,
  exitSignal: number,
  omit: readonly ChildStep[],
  filter?: Uint8Array,
): Thread {
  const { address, step } = sharedProgress(tracer);
  const omitted = CHILD_STEPS.reduce(
    (bits, name, i) => bits | (omit.includes(name) ? 1 << i : 0),
    0,
  );
  step[0] = 0;
  const pid = tracer.shim.fork(
    cloneWord(tracer, exitSignal),
    tracer.stubAddress,
    omitted,
    address,
    filter ?? null,
    (filter?.length ?? 0) / FILTER_INSTRUCTION,
    0,
  );
  if (pid < 0) throw forkError(-pid);
  const thread = new Thread(tracer, pid, pid);
  try {
    awaitSelfStop(
      thread,
      omit.includes("parent"),
      () => CHILD_STEPS[31 - Math.clz32(step[0] ?? 0)] ?? "clone",
    );
    attach(thread);
    takeInitialRegisters(thread);
    return thread;
  } catch (error) {
    // One whose exit signal would kill the host stays stopped, and PDEATHSIG ends it with the host.
    if (thread.state !== "dead" && !tracer.isFatal(exitSignal)) {
      tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
      thread.reap();
    }
    thread.forget();
    throw error;
  }
}

/** Step 6: a stub clones another by injection, and the tracer attaches to it. */
export function cloneStub(parent: Thread, exitSignal: number): Thread {
  const { tracer } = parent;
  const clone = parent.inject(
    tracer.flag("SYS_clone"),
    [cloneWord(tracer, exitSignal), 0, 0, 0, 0],
    (frame) => tracer.encoder.encodeBootstrap(frame.offset, parent.tgid),
  );
  if (clone.value === null) throw cloneError(parent.tgid, clone.errno);
  const pid = Number(clone.value);
  const thread = new Thread(tracer, pid, pid);
  try {
    // Its self-stop is its parent's to wait for: the tracer may attach only afterwards.
    parent.inject(tracer.flag("SYS_wait4"), [pid, 0, tracer.waitSelfStop, 0]);
    attach(thread);
    takeInitialRegisters(thread);
    return thread;
  } catch (error) {
    if (parent.state === "stopped" && !tracer.isFatal(exitSignal)) {
      tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
      if (thread.state !== "untraced") thread.reap();
      const args = [pid, 0, tracer.flag("__WALL"), 0];
      patiently(tracer, () => parent.inject(tracer.flag("SYS_wait4"), args));
    }
    thread.forget();
    throw error;
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

/** Waits for the SIGSTOP that the stub code sends itself. */
function awaitSelfStop(thread: Thread, orphaned: boolean, stepOf: () => ChildStep | "clone"): void {
  const { tracer } = thread;
  try {
    const { signal } = thread.wait(tracer.deadline, Number(tracer.waitSelfStop));
    if (signal === tracer.constant("SIGSTOP")) return;
    throw new TraceError(`stub ${thread.tid} was stopped by ${tracer.signalName(signal)}`);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    throw birthError(stepOf(), thread, orphaned, error);
  }
}

/** Step 4: PTRACE_ATTACH, its SIGSTOP, and the options. @throws AttachError */
export function attach(thread: Thread, options = thread.tracer.traceOptions): void {
  const { tracer } = thread;
  requestAttach(thread);
  const { signal } = thread.wait();
  if (signal !== tracer.constant("SIGSTOP")) {
    throw new TraceError(
      `stub ${thread.tid} was stopped by ${tracer.signalName(signal)} when attached, not by SIGSTOP`,
    );
  }
  thread.ptrace("PTRACE_SETOPTIONS", options);
}

/** PTRACE_ATTACH alone: its SIGSTOP has to be waited for. @throws AttachError */
export function requestAttach({ tracer, tid }: Thread): void {
  const result = tracer.shim.ptrace(tracer.constant("PTRACE_ATTACH"), tid, 0, 0);
  if (result < 0) throw attachError(tid, -result);
}

/** The registers at the self-stop, with RIP back before the SYSCALL that all injections use. */
export function takeInitialRegisters(thread: Thread): void {
  const { encoder, frame } = thread.tracer;
  thread.readRegisters(frame);
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

function cloneError(parent: number, errno: string | null): SyscallError {
  const name = errno ?? "no errno";
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
  const status = /^exited with status (\d+)$/.exec(death.how)?.[1];
  // The stub code exits with 1 for an orphan; this host lives, so only without R15 can it be one.
  if (step === "stub" && status === "1" && orphaned) {
    return new BirthError(step, `stub ${thread.tid} ended: its parent was not the one in R15`, {
      cause: death,
    });
  }
  const errno = status === undefined ? undefined : errnoName(Number(status));
  return new BirthError(
    step,
    step === "stub"
      ? `stub ${thread.tid} failed in the stub code: ${errno ?? death.how}`
      : `stub ${thread.tid} failed at step ${step} of its set-up: ${errno ?? death.how}`,
    {
      ...(errno !== undefined && { errno }),
      call: step === "stub" ? "prctl(PR_SET_PDEATHSIG)" : step,
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
  const status = readIfThere(`/proc/${tid}/status`);
  const holder = /^TracerPid:\s+([1-9]\d*)/m.exec(status)?.[1];
  if (holder !== undefined) {
    const name = readIfThere(`/proc/${holder}/comm`).trim();
    return `process ${holder} (${name}) traces it already; run without strace -f or a debugger that follows forks`;
  }
  if (status === "") return "it ended before it could be attached";
  const scope = readIfThere("/proc/sys/kernel/yama/ptrace_scope").trim();
  if (scope === "2" || scope === "3") {
    return `ptrace is forbidden here: kernel.yama.ptrace_scope is ${scope}; ${
      scope === "2" ? "run with CAP_SYS_PTRACE, or set it to 1" : "set it to 1 and reboot"
    }`;
  }
  return "ptrace may be forbidden by a container's seccomp profile: allow it, or run `stublab doctor`";
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
