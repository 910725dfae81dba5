import { StateError } from "../errors.ts";
import { Thread } from "../stub/thread.ts";
import type { WatchedStub } from "./fork.ts";
import { type CallTelling, injectWatched } from "./injection.ts";
import { tellRegisters } from "./recorder.ts";
import { Tracee } from "./tracee.ts";

/** How a clone is told, and where the new stub is shown. */
export interface CloneOptions
  extends Pick<CallTelling, "why" | "executed" | "answer" | "before" | "beforeAnswer"> {
  /** The lane of the new stub. Default: "grandchild". */
  readonly lane?: string;
  readonly role?: string;
  /** By name. Default: that of its parent. */
  readonly exitSignal?: string;
  /** What it is for the new stub to be born. */
  readonly born: string;
}

/**
 * Makes a stub that rests clone another, as `Stub.createStub` does, but such that the new one is traced from its
 * first instruction on: it is stopped before that.
 *
 * @throws StateError where the kernel refuses the clone.
 */
export function cloneWatched(parent: WatchedStub, options: CloneOptions): WatchedStub {
  const { tracee } = parent;
  const { tracer } = tracee.thread;
  const exitSignal =
    options.exitSignal === undefined
      ? parent.stub.exitSignal
      : tracer.parseExitSignal(options.exitSignal);
  const event = exitSignal === tracer.constant("SIGCHLD") ? "FORK" : "CLONE";
  tracee.recorder.observe(
    "The new stub is traced from its first instruction on, because its parent's tracer has asked for that. In createStub " +
      "it runs untraced until it stops itself; to return to that state, the host detaches from it there.",
  );
  setOptions(
    tracee,
    [`PTRACE_O_TRACE${event}`],
    "Its child is to be traced from birth. The option depends on the exit signal of the child: a clone with SIGCHLD is " +
      `a fork to ptrace, and needs TRACEFORK; any other needs TRACECLONE. Here it is ${tracer.signalName(exitSignal)}.`,
  );
  let child: WatchedStub | undefined;
  injectWatched(tracee, {
    ...options,
    call: "clone",
    args: [tracer.cloneWord(exitSignal), 0, 0, 0, 0],
    bootstrap: true,
    stepped: true,
    returned: (step, result) => {
      child = follow(parent, step, Number(BigInt.asIntN(64, result)), exitSignal, options);
    },
  });
  setOptions(tracee, [], "Only this one child was to be followed.");
  if (child === undefined) throw new StateError(`${tracee.lane} has not cloned`);
  return child;
}

function setOptions(tracee: Tracee, names: readonly string[], why: string): void {
  const { tracer } = tracee.thread;
  const data = names.reduce((word, name) => word | tracer.constant(name), tracer.traceOptions);
  tracee.recorder.stage(() => tracee.request("PTRACE_SETOPTIONS", why, { data }));
}

/** Takes up the child that a clone has answered with: it is traced, and about to stop. */
function follow(
  { stub, tracee: { recorder, thread } }: WatchedStub,
  clone: number,
  pid: number,
  exitSignal: number,
  { lane = "grandchild", role = "a stub that the master has cloned", born }: CloneOptions,
): WatchedStub {
  if (pid < 0) throw new StateError(`clone failed with ${thread.tracer.errorName(-pid)}`);
  recorder.addLane(lane, role, pid);
  const child = new Thread(thread.tracer, pid, pid);
  const tracee = new Tracee(recorder, lane, child);
  const watched = { stub: stub.addChild(child, exitSignal), tracee };
  child.wait();
  const registers = tellRegisters(tracee.registers());
  const step = recorder.step({
    lane,
    kind: "clone",
    title: `process ${pid} is born`,
    why: born,
    registers: { before: registers, after: registers },
    kernel: recorder.view(pid),
    observer: "It is traced already, and stopped by SIGSTOP before its first instruction.",
  });
  recorder.arrow("clone", clone, step, "clone");
  return watched;
}
