import { DeathError, UnsupportedError } from "../errors.ts";
import { forkStub } from "./birth.ts";
import { Stub } from "./stub.ts";
import { executeIdle } from "./teardown.ts";
import type { StubOptions, Tracer } from "./tracer.ts";

const rehearsed = new WeakSet<Tracer>();

/**
 * Tries what a stub with a harmful exit signal must not fail at, in a stub with a harmless one: its birth, and the
 * execve that makes it safe to end. A filter of this process may refuse any of these calls, and a stub that dies of it
 * would take this process with it. Once for each tracer.
 *
 * @throws BirthError, AttachError, ForkError; UnsupportedError if such a stub could not be ended.
 */
export function rehearse(tracer: Tracer, exitSignal: number, options: StubOptions): void {
  if (rehearsed.has(tracer)) return;
  const harmless = tracer.constant("SIGCHLD");
  using stub = new Stub(
    forkStub(tracer, harmless, options.omit ?? [], options.filter),
    undefined,
    harmless,
    0,
  );
  const failure = executeOrDie(stub);
  if (failure === undefined) {
    rehearsed.add(tracer);
    return;
  }
  const { call, how, errno } = failure;
  const signal = tracer.signalName(exitSignal);
  throw new UnsupportedError(
    `a stub with exit signal ${signal} could not be ended without harm: ${call} ${how}`,
    {
      call,
      ...(errno !== undefined && { errno }),
      remedy:
        "use the exit signal SIGCHLD, or allow the call: a seccomp filter or a security module may forbid it; " +
        "if vm.memfd_noexec is 2, the package's shim.so has to be executable",
    },
  );
}

/** What failed, and how: a filter may also kill for the call. */
function executeOrDie(stub: Stub): { call: string; how: string; errno?: string } | undefined {
  try {
    const failure = executeIdle(stub);
    return failure && { ...failure, how: `failed with ${failure.errno}` };
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    return { call: "execveat", how: `ended it: ${error.how}` };
  }
}
