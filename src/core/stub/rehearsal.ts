import { DeathError, UnsupportedError } from "../../lib/errors.ts";
import { type Fork, forkStub } from "./birth.ts";
import { endProcess, executeIdle } from "./teardown.ts";
import type { Thread } from "./thread.ts";
import type { TracingThread } from "./tracing_thread.ts";

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
