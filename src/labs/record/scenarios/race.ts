// The recorder's part in the lesson `early-attach`: to attach at the same instruction in every recording.

import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { Running } from "../../../core/stub/state.ts";
import { hex, StateError } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { NAMES } from "../arch.ts";
import type { Scene } from "../scene.ts";

const { MARK } = NAMES;

/** <linux/sched.h>: a process with this policy does not preempt another when it wakes. */
const SCHED_BATCH = 3;

/** Makes the host win the race against what this stub clones, which yields to it, too. */
export function giveWay({ stub }: Actor): void {
  // The stub's page ends in zeros: a priority of 0. If the call is refused, it takes more tries.
  stub.inject("sched_setscheduler", 0, SCHED_BATCH, stub.tracer.stubAddress + PAGE_SIZE - 8);
}

/** How often a stub that has run too far is replaced. */
const MOST_TRIES = 50;

/**
 * A stub to which the host attaches where `birth` has stepped it: it is stopped there. Only the successful try is
 * recorded.
 */
export function attachEarly(scene: Scene, birth: () => Actor): Actor {
  for (let i = 0; i < MOST_TRIES; i++) {
    const stub = scene.recorder.attempt(() => {
      const child = birth();
      const { rip } = child;
      attachAnew(child);
      if (child.rip === rip) return child;
      child.stub.close();
      return undefined;
    });
    if (stub !== undefined) return stub;
  }
  throw new StateError(`no stub was attached in time, out of ${MOST_TRIES}`);
}

/** The host detaches and attaches again: nothing is recorded between the two, because the stub runs. */
function attachAnew(stub: Actor): void {
  const { thread } = stub;
  const { tracer } = thread;
  const { shim } = tracer;
  const [detach, attach] = [tracer.constant("PTRACE_DETACH"), tracer.constant("PTRACE_ATTACH")];
  // Every microsecond counts: the stub needs only a few.
  shim.ptrace(detach, thread.tid, 0, 0);
  const result = shim.ptrace(attach, thread.tid, 0, 0);
  if (result < 0) throw new StateError(`PTRACE_ATTACH failed with ${tracer.errorName(-result)}`);
  thread.settle(new Running(thread));
  const stop = thread.wait();
  const unseen = { registers: null, kernel: null };
  stub.recorder.stage(() =>
    stub.requested("PTRACE_DETACH", "The host detaches, without a signal: the stub runs.", {
      ...unseen,
      observer: "In a real birth the stub is not traced yet.",
    }),
  );
  stub.requested(
    "PTRACE_ATTACH",
    "The host attaches at once. Neither it nor the parent has waited for the self-stop.",
    unseen,
  );
  const at = stub.stopped(
    stop,
    `The stub is stopped by the SIGSTOP that PTRACE_ATTACH has sent, right after its prctl: ${hex(stub.rip)}. It ` +
      `has not called getppid yet, and ${MARK} is still 1.`,
  );
  stub.waited(at, "The status says SIGSTOP, as for a stub that has stopped itself.");
  stub.setOptions("As after every attach.");
}
