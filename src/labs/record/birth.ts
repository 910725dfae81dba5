import { HOST_MACHINE } from "../../core/machine/index.ts";
import { takeInitialRegisters } from "../../core/stub/attach.ts";
import { StateError } from "../../lib/errors.ts";
import { NAMES } from "./arch.ts";
import { awaitProcess } from "./kernel_view.ts";
import type { Place } from "./recorder.ts";
import { step } from "./stepping.ts";
import type { StopTelling, Tracee } from "./tracee.ts";

const { CALL, PC } = NAMES;

/**
 * Steps a stub through the stub code up to its self-stop. There the host detaches from it, so that it is stopped and
 * untraced, as in an unobserved birth.
 *
 * @param before is called before each instruction of the stub code: to ask a question, for instance.
 * @returns the step of that stop.
 */
export function stepToSelfStop(tracee: Tracee, before?: (place: Place) => void): number {
  const { tracer } = tracee.thread;
  const selfStop = BigInt(tracer.stubAddress + tracer.shim.stubSyscallOffset());
  for (;;) {
    const { rip } = tracee;
    const place = tracee.recorder.placeOf(rip);
    if (place !== undefined) before?.(place);
    if (rip === selfStop) return stopItself(tracee);
    const outcome = step(tracee);
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
export function stoppedItself(tracee: Tracee, why: string, observer?: string): number {
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

/** What is said of an attach, and of the stop that comes first when the stub goes on to its INT3. */
export interface AttachTelling {
  readonly attach: string;
  readonly attached: StopTelling;
  readonly options: string;
  readonly registers: string;
  readonly resumed: string;
}

/** The full explanation, for the lesson "host". */
export const ATTACH: AttachTelling = {
  attach: "Now the host becomes the tracer. The kernel sends the stub another SIGSTOP for this.",
  attached: {
    stop:
      "The stub was already stopped. The kernel turns its stop by a signal (T) into a ptrace stop (t): only in such a " +
      "stop can its registers be read. The stop by SIGSTOP stays in force underneath until a SIGCONT ends it: only " +
      "the tracer can make the stub run in spite of it.",
    wait:
      "A stub that was stopped already is in its ptrace stop when PTRACE_ATTACH returns, and its registers could be read at " +
      "once; one that runs need not be. So the host waits in any case. This wait4 also takes the notification of the stop, " +
      "which the next wait4 would report otherwise.",
  },
  options:
    "EXITKILL: the kernel kills the stub when its tracer ends. TRACEEXIT: the stub stops once more before it ends, so " +
    "that the tracer can examine it. TRACESYSGOOD: stops at system calls can be distinguished from a SIGTRAP.",
  registers:
    `These become the initial registers, with which every injected call begins. Only ${PC} is moved back by ${HOST_MACHINE.syscallLength}, the ` +
    `length of ${CALL}, so that it points at the instruction that executes the call.`,
  resumed:
    "SIGSTOP again, and no instruction was executed: PTRACE_ATTACH had sent one, and it was still pending. The first " +
    "resume after an attach always leads to this stop; the tracer resumes the stub once more.",
};

/** The same in few words, for all others. */
export const ATTACH_AGAIN: AttachTelling = {
  attach: 'The host becomes the tracer, as in the lesson "host".',
  attached: { stop: "Its stop by a signal (T) becomes a ptrace stop (t)." },
  options: "The options of every stub.",
  registers: "The initial registers of this stub, with which every injected call begins.",
  resumed:
    "The SIGSTOP of the attach: it stops the stub at the first resume, before any instruction. The stub is resumed once " +
    "more.",
};

/** PTRACE_ATTACH, its stop, the options, and the initial registers. @throws AttachError, TraceError */
export function attachWatched(tracee: Tracee, told = ATTACH): void {
  const { thread } = tracee;
  tracee.request("PTRACE_ATTACH", told.attach);
  tracee.awaitStop(told.attached);
  tracee.request("PTRACE_SETOPTIONS", told.options, { data: thread.tracer.traceOptions });
  takeInitialRegisters(thread);
  tracee.getRegisters(told.registers);
}
