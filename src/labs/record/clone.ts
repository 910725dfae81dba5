import { cloneError } from "../../core/stub/birth.ts";
import { Thread } from "../../core/stub/thread.ts";
import { StateError } from "../../lib/errors.ts";
import { Actor } from "./actor.ts";
import { NAMES } from "./arch.ts";
import { type CallTelling, injectWatched } from "./injection.ts";
import type { Said } from "./said.ts";

const { RESULT } = NAMES;

/** How a clone is told, and where the new stub is shown. */
export interface CloneOptions
  extends Pick<CallTelling, "why" | "before" | "beforeAnswer">,
    Partial<Pick<CallTelling, "executed" | "answer">> {
  /** The lane of the new stub. Default: "grandchild". */
  readonly lane?: string;
  readonly role?: string;
  /** By name. Default: that of its parent. */
  readonly exitSignal?: string;
  /** What it is for the new stub to be born. */
  readonly born: Said;
}

/**
 * Makes a stub that rests clone another, as `Stub.createStub` does, but such that the new one is traced from its
 * first instruction on: it is stopped before that.
 *
 * @throws StateError where the kernel refuses the clone.
 */
export function cloneWatched(parent: Actor, options: CloneOptions): Actor {
  const { tracer } = parent.thread;
  const exitSignal =
    options.exitSignal === undefined
      ? parent.stub.exitSignal
      : tracer.parseExitSignal(options.exitSignal);
  const event = exitSignal === tracer.constant("SIGCHLD") ? "FORK" : "CLONE";
  parent.recorder.observe(
    "The new stub is traced from its first instruction on, because its parent's tracer has asked for that. In createStub " +
      "it runs untraced until it stops itself; to return to that state, the host detaches from it there.",
  );
  setOptions(
    parent,
    [`PTRACE_O_TRACE${event}`],
    "Its child is to be traced from birth. The option depends on the exit signal of the child: a clone with SIGCHLD is " +
      `a fork to ptrace, and needs TRACEFORK; any other needs TRACECLONE. Here it is ${tracer.signalName(exitSignal)}.`,
  );
  let child: Actor | undefined;
  injectWatched(parent, {
    executed: "The child is created.",
    answer: `${RESULT} is the pid of the child.`,
    ...options,
    call: "clone",
    args: [tracer.cloneWord(exitSignal), 0, 0, 0, 0],
    bootstrap: true,
    stepped: true,
    returned: (step, result) => {
      child = follow(parent, step, Number(BigInt.asIntN(64, result)), exitSignal, options);
    },
  });
  setOptions(parent, [], "Only this one child was to be traced from its birth.");
  if (child === undefined) throw new StateError(`${parent.lane} has not cloned`);
  return child;
}

function setOptions(parent: Actor, names: readonly string[], why: Said): void {
  const data = parent.thread.tracer.traceOptions;
  parent.recorder.stage(() => parent.request("PTRACE_SETOPTIONS", why, { data, names }));
}

/** Takes up the child whose pid a clone has returned: it is traced, and about to stop. */
function follow(
  { recorder, stub, thread: { tracer } }: Actor,
  clone: number,
  pid: number,
  exitSignal: number,
  { lane = "grandchild", role = "a stub that the master has cloned", born }: CloneOptions,
): Actor {
  if (pid < 0) throw cloneError(stub.pid, tracer.errorName(-pid));
  recorder.addLane(lane, role, pid);
  const thread = new Thread(tracer, pid, pid, true);
  const child = new Actor(recorder, lane, stub.addChild(thread, exitSignal));
  thread.wait();
  const step = child.tell({
    kind: "clone",
    title: `process ${pid} is born`,
    why: born,
    observer: "It is traced already, and stopped by SIGSTOP before its first instruction.",
  });
  recorder.arrow("clone", clone, step, "clone");
  return child;
}
