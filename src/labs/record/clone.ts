import { cloneError } from "../../core/stub/birth.ts";
import { Thread } from "../../core/stub/tracee.ts";
import { StateError } from "../../lib/errors.ts";
import { Actor } from "./actor.ts";
import { common } from "./lesson_text.ts";
import type { Said } from "./said.ts";
import type { CallTelling } from "./telling.ts";

/** The texts of a clone, and the lane of the new stub. */
export interface CloneOptions
  extends Pick<CallTelling, "why">,
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
 * @throws StateError if the kernel refuses the clone
 */
export function cloneWatched(parent: Actor, options: CloneOptions): Actor {
  const { recorder, stub } = parent;
  const { tracer, tgid } = parent.thread;
  const { lane = "grandchild", role = "a stub that the master has cloned", born } = options;
  const exitSignal =
    options.exitSignal === undefined ? stub.exitSignal : tracer.parseExitSignal(options.exitSignal);
  const event = exitSignal === tracer.constant("SIGCHLD") ? "FORK" : "CLONE";
  recorder.observe(common("clone.observed"));
  const why = common("clone.traced", { signal: tracer.signalName(exitSignal) });
  recorder.stage(() => parent.setOptions(why, [`PTRACE_O_TRACE${event}`]));
  const frame = parent.frame("clone", tracer.cloneWord(exitSignal), 0, 0, 0, 0);
  tracer.encoder.encodeBootstrap(frame.offset, tgid);
  let child: Actor | undefined;
  parent.inject(frame, {
    executed: common("clone.executed"),
    answer: common("clone.answer"),
    ...options,
    stepped: true,
    returned: (step, result) => {
      const pid = Number(BigInt.asIntN(64, result));
      if (pid < 0) throw cloneError(stub.pid, tracer.errorName(-pid));
      recorder.addLane(lane, role, pid);
      const made = stub.addChild(new Thread(tracer, pid, pid, true), exitSignal);
      child = new Actor(recorder, lane, made);
      isBorn(child, step, born);
    },
  });
  recorder.stage(() => parent.setOptions(common("clone.only-one")));
  if (child === undefined) throw new StateError(`${parent.lane} has not cloned`);
  return child;
}

/** A new task that is traced from its birth stops before its first instruction: a step, and the arrow to it. */
export function isBorn(
  child: Actor,
  clone: number | undefined,
  why: Said,
  call = "clone",
  what = "process",
): void {
  const { recorder, thread } = child;
  thread.wait();
  const title = `${what} ${thread.tid} is born`;
  const born = child.tell({ kind: "clone", title, why, observer: common("clone.before-first") });
  if (clone !== undefined) recorder.arrow("clone", clone, born, call);
}
