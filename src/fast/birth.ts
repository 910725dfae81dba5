import type { Deadline } from "../core/shim/records.ts";
import { cloneError, untilAttached } from "../core/stub/birth.ts";
import { endNewborn, endTracedStrays } from "../core/stub/end.ts";
import type { Births, CloneRequest } from "../core/stub/lane.ts";
import { Thread } from "../core/stub/tracee.ts";
import type { TracingThread } from "../core/stub/tracing_thread.ts";
import { DeathError, EncoderError, StateError } from "../lib/errors.ts";
import type { Ring } from "./ring.ts";

/** The clone word of a traced birth: traced from its beginning, and a child of the host. @throws EncoderError */
export function tracedWord(tracer: TracingThread): bigint {
  const { encoder } = tracer;
  const flags =
    tracer.flag("CLONE_FILES") | tracer.flag("CLONE_PTRACE") | tracer.flag("CLONE_PARENT");
  const word = encoder.encodeClone(flags, tracer.constant("SIGCHLD"));
  if (word >= 0n) return word;
  throw new EncoderError(`encoder ${encoder.name} refuses the flags of a traced birth`);
}

/** @throws StateError if the stubs that one clones by CLONE_PARENT would harm the host. */
export function expectTraceable(
  { tgid, tracer }: Thread,
  { exitSignal, ownExitSignal }: CloneRequest,
  isAlone: boolean,
): void {
  if (!isAlone) {
    throw new StateError(`stub ${tgid} runs guests or threads of others: it clones no stub`, {
      remedy: "use the platform's master",
    });
  }
  if (exitSignal === ownExitSignal && !tracer.isFatal(exitSignal)) return;
  throw new StateError(
    `a traced birth gives a stub the exit signal of the stub that clones it, ${tracer.signalName(ownExitSignal)}, ` +
      "and its end would be reported to the host",
    { remedy: 'use the exit signal SIGCHLD, or the lane "faithful"' },
  );
}

/**
 * Clones stubs in one turn of a ring. They are traced when they begin, with the options of the stub that clones them,
 * and stopped before their first instruction: that needs no self-stop, no wait4 of their parent and no attach.
 *
 * A stub that is killed before its first stop is left out: no caller has seen it. If the turn fails, those that it made
 * are ended.
 *
 * @throws what a turn throws; SyscallError, and what `Thread.wait` throws, if no stub was made
 */
export function cloneTraced(parent: Thread, ring: Ring, count: number): Births {
  return untilAttached(() => {
    const births = cloneOnce(parent, ring, count);
    if (births.threads.length === 0) throw births.failure;
    return births;
  }, parent);
}

function cloneOnce(parent: Thread, ring: Ring, count: number): Births {
  const { tracer } = parent;
  tracer.blocks.expectRoom(count);
  const number = tracer.syscallNumber("clone");
  const args = [tracedWord(tracer), 0, 0, 0, 0];
  for (let i = 0; i < count; i++) ring.entries.write(i, number, args);
  try {
    ring.turn(count, number);
  } catch (error) {
    endTracedStrays(tracer);
    throw error;
  }
  const results = Array.from({ length: count }, (_, i) =>
    Number(BigInt.asIntN(64, ring.entries.result(i))),
  );
  const deadline = tracer.startBirthClock();
  const threads: Thread[] = [];
  let failure: unknown;
  for (const result of results) {
    try {
      if (result < 0) throw cloneError(parent.tgid, tracer.errorName(-result));
      const thread = take(parent, result, deadline);
      // It has inherited the processor of its parent, which serves its ring on another one if there is one.
      if (tracer.spins) tracer.bindHere(result);
      threads.push(thread);
    } catch (error) {
      if (!(error instanceof DeathError) || threads.length === 0) failure ??= error;
    }
  }
  return { threads, ...(failure !== undefined && { failure }) };
}

/** Waits for the first stop of a traced child. Its registers are its parent's, except for the result of the clone. */
function take(parent: Thread, pid: number, deadline: Deadline): Thread {
  const thread = new Thread(parent.tracer, pid, pid, true);
  thread.initial.copyFrom(parent.initial);
  try {
    thread.wait(deadline);
    return thread;
  } catch (error) {
    endNewborn(thread);
    throw error;
  }
}
