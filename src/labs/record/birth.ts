import { takeInitialRegisters } from "../../core/stub/attach.ts";
import { StateError } from "../../lib/errors.ts";
import { NAMES } from "./arch.ts";
import { awaitProcess } from "./kernel_view.ts";
import { common } from "./lesson_text.ts";
import type { Ids } from "./plays/ids.ts";
import type { Place } from "./recorder.ts";
import type { Said, Saying } from "./said.ts";
import { step } from "./stepping.ts";
import type { Tracee } from "./tracee.ts";

const { CALL, PC } = NAMES;

/**
 * Steps a stub through the stub code up to its self-stop. There the host detaches from it, so that it is stopped and
 * untraced, as in an unobserved birth.
 *
 * @param tell what is asked before an instruction of the stub code, or said of it
 * @returns the step of that stop.
 */
export function stepToSelfStop(
  tracee: Tracee,
  tell: (place: Place) => Saying | undefined = () => undefined,
): number {
  const { tracer } = tracee.thread;
  const selfStop = BigInt(tracer.stubAddress + tracer.shim.stubSyscallOffset());
  for (;;) {
    const { rip } = tracee;
    const place = tracee.recorder.placeOf(rip);
    const said = place === undefined ? undefined : tell(place);
    if (said?.question !== undefined) tracee.recorder.ask(said.question);
    if (rip === selfStop) return stopItself(tracee);
    const outcome = step(tracee, said?.text ? { why: { ...said, question: undefined } } : {});
    if (outcome.kind !== "executed") {
      throw new StateError(`${tracee.lane} ${tracee.thread.tid} did not come to its self-stop`);
    }
  }
}

/** The kill, its signal, the detach, and the stop that comes of it. */
function stopItself(tracee: Tracee): number {
  const { recorder, lane, thread } = tracee;
  const kill = step(tracee, { why: SELF_STOP });
  thread.expect("stopped").resume("PTRACE_CONT");
  const stop = thread.wait();
  if (stop.signal !== thread.tracer.constant("SIGSTOP")) {
    throw new StateError(`${lane} was stopped by ${thread.tracer.signalName(stop.signal)}`);
  }
  const signal = tracee.tell({
    kind: "signal",
    title: "SIGSTOP is delivered",
    why: "On the way back to user space the signal that the stub has sent to itself is delivered.",
    observer:
      "A traced stub stops before the signal has its effect, and its tracer decides about it.",
  });
  recorder.arrow("signal", kill.step, signal, "SIGSTOP");
  return detachInStop(tracee);
}

/** Detaches from a stub at the SIGSTOP that it has sent itself; returns the step of its stop. */
export function detachInStop(tracee: Tracee): number {
  tracee.recorder.stage(() =>
    tracee.request(
      "PTRACE_DETACH",
      "The host detaches, and delivers SIGSTOP. Now the stub stops by it, as in an unobserved birth.",
      { observer: "In a real birth the stub is not traced yet." },
    ),
  );
  return stoppedItself(
    tracee,
    "The stub is stopped, and untraced. It waits for its parent and its tracer.",
  );
}

/** Waits until an untraced stub has stopped, and records that; returns the step. */
export function stoppedItself(tracee: Tracee, why: Said, observer?: string): number {
  const { tgid, tracer } = tracee.thread;
  awaitProcess(tgid, ({ state }) => state === "T", tracer.deadline);
  return tracee.tell({ kind: "stop", title: "stopped by SIGSTOP", why, observer });
}

const SELF_STOP =
  `kill(getpid(), SIGSTOP): the stub stops itself. Two things hold at that stop: everything before is done, and ${PC} ` +
  `is right after the ${CALL} that will execute all injected calls. A tracer that attached at another time would find ` +
  "the stub at an arbitrary instruction. When the call returns, the signal is still pending.";

/** The host waits for the self-stop of its own child. */
export function awaitSelfStop(tracee: Tracee, at: number): void {
  const { thread } = tracee;
  const options = Number(thread.tracer.waitSelfStop);
  thread.wait(undefined, options);
  tracee.waited(
    at,
    "The host has waited for this stop, with WUNTRACED. With __WALL it waits for a child whatever its exit signal is.",
    options,
  );
}

/** What is said of an attach, and of the stop that comes first when the stub goes on. Default: docs/lessons/common.md. */
export type AttachTelling = Partial<Readonly<Record<Ids["common"]["attach"], Said>>>;

/** PTRACE_ATTACH, its stop, the options, and the initial registers. @throws AttachError, TraceError */
export function attachWatched(tracee: Tracee, told: AttachTelling = {}): void {
  const { thread } = tracee;
  const { request, stop, wait, options, registers } = { ...common.parts("attach"), ...told };
  tracee.request("PTRACE_ATTACH", request);
  tracee.awaitStop({ stop, wait });
  tracee.request("PTRACE_SETOPTIONS", options, { data: thread.tracer.traceOptions });
  takeInitialRegisters(thread);
  tracee.getRegisters(registers);
}
