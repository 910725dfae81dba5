import type { ChildStep } from "../shim/fork.ts";
import { forkProcess } from "../stub/birth.ts";
import { Thread } from "../stub/thread.ts";
import type { Tracer } from "../stub/tracer.ts";
import { tellCall } from "./calls.ts";
import type { WatchedStub } from "./fork.ts";
import { awaitProcess } from "./kernel_view.ts";
import type { Recorder } from "./recorder.ts";
import { Tracee } from "./tracee.ts";

/** How a child is made whose birth is not recorded. */
export interface UnseenOptions {
  readonly lane: string;
  readonly role: string;
  /** Why the host clones it. */
  readonly why: string;
  /** What to say about the child once it has stopped itself. */
  readonly stopped: string;
  /** Steps of the set-up to omit. */
  readonly omit?: readonly ChildStep[] | undefined;
}

/** A child at its self-stop, for which no process has waited yet. */
export interface UnseenStub extends WatchedStub {
  /** The step of that stop. */
  readonly stopped: number;
}

/**
 * Forks a stub as `Tracer.createStub` does, and leaves it alone until it has stopped itself: it is untraced, and the
 * host has not waited for it. /proc says when that is.
 *
 * @throws ForkError, DeadlineError
 */
export function forkUnseen(
  recorder: Recorder,
  tracer: Tracer,
  { lane, role, why, stopped, omit = [] }: UnseenOptions,
): UnseenStub {
  recorder.observe(
    "Births are not recorded in this lesson. That a child has stopped itself is read from /proc; createStub waits for " +
      "it.",
  );
  const exitSignal = tracer.constant("SIGCHLD");
  const pid = forkProcess(tracer, { exitSignal, omit });
  recorder.addLane(lane, role, pid);
  const teller = { constants: recorder.constants, read: () => undefined };
  const { arguments: args } = tellCall(
    tracer.flag("SYS_clone"),
    [tracer.cloneWord(exitSignal)],
    teller,
  );
  const cloned = recorder.call(recorder.host, "clone", args, BigInt(pid), { why });
  const born = recorder.step({
    lane,
    kind: "clone",
    title: `process ${pid} is born`,
    why: 'It executes its set-up and the stub code; this is not recorded (lesson "host" shows it).',
  });
  recorder.arrow("clone", cloned, born, "clone");
  const thread = new Thread(tracer, pid, pid);
  const stub = tracer.addStub(thread, exitSignal);
  awaitProcess(pid, ({ state }) => state === "T", tracer.deadline);
  const at = recorder.step({
    lane,
    kind: "stop",
    title: "stopped by SIGSTOP",
    why: stopped,
    kernel: recorder.view(pid),
    observer: "That it is stopped is known from /proc.",
  });
  return { stub, tracee: new Tracee(recorder, lane, thread), stopped: at };
}
