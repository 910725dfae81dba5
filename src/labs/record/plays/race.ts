// The recorder's part in the lesson `early-attach`: to attach at the same instruction in every recording.

import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { Running } from "../../../core/stub/tracee.ts";
import { StateError } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import type { Saying } from "../said.ts";
import type { Scene } from "../scene.ts";
import type { Ids } from "./ids.ts";

/** What is said of the detach and of the attach. */
type Telling = Readonly<Record<Ids["early-attach"]["attach"], Saying>>;

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
 * A stub to which the host attaches where `bear` has stepped it: it is stopped there. Only the successful try is
 * recorded.
 */
export function attachEarly(scene: Scene, bear: () => Actor, telling: Telling): Actor {
  for (let i = 0; i < MOST_TRIES; i++) {
    const stub = scene.recorder.attempt(() => {
      const child = bear();
      const { rip } = child;
      attachAnew(child, telling);
      if (child.rip === rip) return child;
      child.stub.close();
      return undefined;
    });
    if (stub !== undefined) return stub;
  }
  throw new StateError(`no stub was attached in time, out of ${MOST_TRIES}`);
}

/** The host detaches and attaches again: nothing is recorded between the two, because the stub runs. */
function attachAnew(stub: Actor, telling: Telling): void {
  const { thread, recorder } = stub;
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
  const staged = { ...unseen, observer: telling.observer };
  recorder.stage(() => stub.requested("PTRACE_DETACH", telling.detach, staged));
  stub.requested("PTRACE_ATTACH", telling.request, unseen);
  stub.waited(stub.stopped(stop, telling.stop), telling.wait);
  stub.setOptions(telling.options);
}
