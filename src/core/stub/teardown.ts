import {
  AttachError,
  CloseError,
  DeadlineError,
  DeathError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import { attach } from "./attach.ts";
import { type Fork, forkStub } from "./birth.ts";
import { inject } from "./injection.ts";
import type { Thread } from "./thread.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** A call of an exec that failed. */
export interface ExecFailure {
  readonly call: string;
  readonly errno: string;
}

/**
 * Ends the process of a thread and reaps it.
 *
 * @param exitSignal the signal that its parent gets: if it is harmful, the process first executes the idle program.
 * @param isHostsChild whether the host can reap it untraced.
 * @throws CloseError if its end would harm its parent.
 */
export function endProcess(thread: Thread, exitSignal: number, isHostsChild: boolean): void {
  const obstacle = takeHold(thread);
  if (thread.state.name !== "dead" && thread.tracer.isFatal(exitSignal) && !thread.replaced) {
    if (obstacle !== undefined) throw cannotEnd(thread, exitSignal, obstacle);
    defuse(thread, exitSignal);
  }
  if (thread.state.name === "dead") return;
  thread.kill();
  if (thread.state.name !== "detached" || isHostsChild) thread.reap();
  thread.forget();
}

/** Throws the one failure, or a CloseError about all of them. */
export function throwAll(failures: readonly unknown[]): void {
  const [first] = failures;
  if (failures.length === 0) return;
  if (failures.length === 1) throw first;
  const message = `${failures.length} stubs could not be ended; the first: ${String(first)}`;
  throw new CloseError(message, { cause: new AggregateError(failures) });
}

/** Detaches from a thread of a process that another tracer ends. */
export function letGo(thread: Thread): void {
  if (thread.state.name === "running") takeHold(thread);
  if (thread.state.name === "stopped") thread.state.leave();
  thread.forget();
}

/** Makes a live thread traced and stopped. Returns the reason if that is impossible. */
function takeHold(thread: Thread): string | undefined {
  try {
    const { state } = thread;
    if (state.name === "running" || state.name === "serving" || state.name === "waiting")
      state.stop();
    if (thread.state.name !== "detached") return undefined;
    thread.expectAlive();
    attach(thread);
    return undefined;
  } catch (error) {
    if (error instanceof DeathError) return undefined;
    if (error instanceof AttachError) return "another process traces it";
    if (error instanceof DeadlineError) return "it is in a system call that no signal interrupts";
    throw error;
  }
}

/** Ensures that the end of a process harms neither the host nor the parent. */
function defuse(thread: Thread, exitSignal: number): void {
  try {
    const failure = executeIdle(thread);
    if (failure === undefined) return;
    throw cannotEnd(thread, exitSignal, `${failure.call} failed with ${failure.errno}`);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
  }
}

/**
 * Makes a stub execute a program that does nothing. That resets its exit signal to SIGCHLD (begin_new_exec in
 * fs/exec.c).
 *
 * @returns the call that failed, if one did.
 */
function executeIdle(thread: Thread): ExecFailure | undefined {
  const { tracer } = thread;
  const image = tracer.shim.idleImage();
  if (image < 0) return { call: "memfd_create", errno: tracer.errorName(-image) };
  try {
    // The stub's page ends in zeros: an empty path. Linux 5.10 on arm64 does not read the last byte of user space.
    const emptyPath = tracer.stubAddress + PAGE_SIZE - 8;
    const args = [image, emptyPath, 0, 0, tracer.flag("AT_EMPTY_PATH")];
    const { result } = inject(thread, tracer.flag("SYS_execveat"), args, { isPatient: true });
    return result.errno === null ? undefined : { call: "execveat", errno: result.errno };
  } finally {
    tracer.shim.close(image);
  }
}

function cannotEnd({ tgid, tracer }: Thread, exitSignal: number, why: string): CloseError {
  return new CloseError(
    `stub ${tgid} cannot be ended without harm to its parent: its exit signal is ` +
      `${tracer.signalName(exitSignal)}, and ${why}`,
    { remedy: "it ends with this process" },
  );
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
