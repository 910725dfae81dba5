import { AttachError, CloseError, DeadlineError, DeathError } from "../../lib/errors.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import { attach } from "./attach.ts";
import { inject } from "./injection.ts";
import { childrenOf, readProcess } from "./proc.ts";
import { Thread } from "./tracee.ts";
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
export function endTracing(thread: Thread): void {
  if (thread.state.name === "running") takeHold(thread);
  if (thread.state.name === "stopped") thread.state.endTracing();
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
export function executeIdle(thread: Thread): ExecFailure | undefined {
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
    { remedy: "close again if that changes; else it ends with this process" },
  );
}

/** Ends a child of the host that cannot become a stub. One that has ended was reaped: its pid may be another's. */
export function endNewborn(thread: Thread): void {
  if (thread.state.name === "dead") return;
  thread.kill();
  thread.reap();
  thread.forget();
}

/**
 * Ends the children of a stub that nobody owns, but none whose end would harm it. The parent is stopped, and no other
 * process reaps them, so their pids cannot be reused.
 */
export function endStrays(parent: Thread): void {
  const { tracer, tgid, tid } = parent;
  if (parent.state.name !== "stopped") return;
  for (const pid of childrenOf(tgid, tid).filter((child) => !tracer.ledger.has(child))) {
    const { exitSignal, tracerTid } = readProcess(pid);
    if (tracer.isFatal(exitSignal)) continue;
    // Only a tracer can reap it here; if it was not attached, wait4 fails with ECHILD.
    endNewborn(new Thread(tracer, pid, pid, tracerTid === tracer.tid));
    reapZombie(parent, pid);
  }
}

/** Ends the children of this thread that were born traced by it, and that nobody owns. */
export function endTracedStrays(tracer: TracingThread): void {
  for (const pid of childrenOf(process.pid, tracer.tid)) {
    if (tracer.ledger.has(pid) || readProcess(pid).tracerTid !== tracer.tid) continue;
    endNewborn(new Thread(tracer, pid, pid, true));
  }
}

/** Makes a stub reap a child that the tracer has already reaped: until then the child is a zombie. */
export function reapZombie(parent: Thread, pid: number): void {
  const { tracer } = parent;
  const args = [pid, 0, tracer.flag("__WALL"), 0];
  inject(parent, tracer.flag("SYS_wait4"), args, { isPatient: true });
}
