import { StateError } from "../errors.ts";
import { takeInitialRegisters } from "../stub/attach.ts";
import { awaitProcess } from "./kernel_view.ts";
import { type Place, tellRegisters } from "./recorder.ts";
import { step, stepTo } from "./stepping.ts";
import type { Tracee } from "./tracee.ts";

/**
 * Steps a stub through the stub code up to the stop that it brings on itself. There the host lets it go, in stop,
 * so that it is as untraced as it would be if nobody had looked.
 *
 * @param before is told of each instruction of the stub code before it is executed: to ask a question, for instance.
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
  thread.resume("PTRACE_CONT");
  const stop = thread.wait();
  if (stop.signal !== thread.tracer.constant("SIGSTOP")) {
    throw new StateError(`${lane} was stopped by ${thread.tracer.signalName(stop.signal)}`);
  }
  const registers = tellRegisters(tracee.registers());
  const signal = recorder.step({
    lane,
    kind: "signal",
    title: "SIGSTOP is delivered",
    why: "On the way back to user space the signal that the stub has sent to itself is delivered.",
    registers: { before: registers, after: registers },
    kernel: recorder.view(thread.tgid),
    observer:
      "A traced stub stops before the signal has its effect, and its tracer decides about it.",
  });
  recorder.arrow("signal", kill.step, signal, "SIGSTOP");
  return detachInStop(tracee);
}

/** Lets a stub go at the SIGSTOP that it has sent itself; returns the step of the stop that comes of it. */
export function detachInStop(tracee: Tracee): number {
  const { recorder, lane, thread } = tracee;
  recorder.stage(() =>
    tracee.request(
      "PTRACE_DETACH",
      "The observer detaches, and delivers SIGSTOP. Now the stub stops by it, as in an unobserved birth.",
      { observer: "In a real birth the stub is not traced yet." },
    ),
  );
  awaitProcess(thread.tgid, ({ state }) => state === "T", thread.tracer.deadline);
  return recorder.step({
    lane,
    kind: "stop",
    title: "stopped by SIGSTOP",
    why: "The stub is stopped, and untraced. It waits for its parent and its tracer.",
    kernel: recorder.view(thread.tgid),
  });
}

const SELF_STOP =
  "kill(getpid(), SIGSTOP): the stub stops itself. Two things hold at that stop: everything before is done, and RIP " +
  "is right after this SYSCALL, where all calls will be injected. A tracer that attached at another time would find " +
  "the stub at an arbitrary instruction. When the call returns, the signal is still pending.";

/** The host waits for the self-stop of its own child. */
export function awaitSelfStop(tracee: Tracee, at: number): void {
  const { thread } = tracee;
  const options = Number(thread.tracer.waitSelfStop);
  thread.wait(undefined, options);
  thread.state = "untraced";
  tracee.waited(
    at,
    "The host has waited for this stop. WUNTRACED: without it, wait4 reports a child's stop only to its tracer. " +
      "__WALL: whatever the exit signal of the child.",
    options,
  );
}

/** PTRACE_ATTACH, its stop, the options, and the initial registers. @throws AttachError, TraceError */
export function attachWatched(tracee: Tracee): void {
  const { thread } = tracee;
  tracee.request(
    "PTRACE_ATTACH",
    "Now the host becomes the tracer. The kernel sends the stub a SIGSTOP of its own for this.",
  );
  tracee.awaitStop({
    stop:
      "The stub was already stopped. The kernel turns its stop by a signal (T) into a ptrace stop (t): only in such a " +
      "stop can its registers be read.",
    wait:
      "A stub that was stopped already is in its ptrace stop when PTRACE_ATTACH returns, and its registers could be read at " +
      "once; one that runs need not be. So the host waits in any case. This wait4 also takes the notification of the stop, " +
      "which the next wait4 would report otherwise.",
  });
  tracee.request(
    "PTRACE_SETOPTIONS",
    "EXITKILL: the kernel kills the stub when its tracer ends. TRACEEXIT: the stub stops once more before it ends, so " +
      "that the tracer can examine it. TRACESYSGOOD: stops at system calls can be distinguished from a SIGTRAP.",
    { data: thread.tracer.traceOptions },
  );
  takeInitialRegisters(thread);
  tracee.getRegisters(
    "These become the initial registers, with which every injected call begins. Only RIP is moved back by 2, the " +
      "length of SYSCALL, so that it points at the instruction that executes the call.",
  );
}

/** Lets an attached stub go on to its INT3: the step of the stop there. */
export function stepToRest(tracee: Tracee): number {
  return stepTo(tracee, tracee.thread.tracer.restAddress, {
    stop:
      "SIGSTOP again, and no instruction was executed: PTRACE_ATTACH had sent one, and it was still pending. The first " +
      "resume after an attach always leads to this stop; the tracer resumes the stub once more.",
  });
}
