import { AttachError, DeathError } from "../../lib/errors.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { Deadline } from "../shim/records.ts";
import { hasEnded, readIfThere, readPtraceScope, statusLines } from "./proc.ts";
import { Running, type Thread } from "./tracee.ts";

/**
 * PTRACE_ATTACH, its stop, and the options.
 *
 * @param relative the pid of a process whose session the thread must share; 0 for any.
 * @throws AttachError, DeathError, DeadlineError, TraceError
 */
export function attach(
  thread: Thread,
  deadline = new Deadline(thread.tracer.deadline),
  relative = 0,
): void {
  requestAttach(thread, relative);
  // Another signal may stop the thread before the SIGSTOP of the attach, which then stops it later.
  thread.wait(deadline);
  thread.expect("stopped").ptrace("PTRACE_SETOPTIONS", thread.traceOptions);
}

/** PTRACE_ATTACH alone: the caller waits for its SIGSTOP. @throws AttachError */
export function requestAttach(thread: Thread, relative = 0): void {
  const { tracer, tid } = thread;
  const result = tracer.shim.attach(tid, relative);
  if (result < 0) throw attachError(tid, tracer.errorName(-result));
  thread.settle(new Running(thread));
}

/**
 * Attaches to a new stub that has stopped, and takes its initial registers at its self-stop. If another process's
 * SIGSTOP came first, the stub is resumed until it gets there.
 */
export function attachAtSelfStop(thread: Thread, deadline: Deadline, relative?: number): void {
  const { frame } = thread.tracer;
  try {
    attach(thread, deadline, relative);
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    if (error.errno !== "ESRCH" && !hasEnded(thread.tid)) throw error;
    throw new DeathError(thread.tid, {
      kind: "unknown",
      reason: "it ended before it was attached",
    });
  }
  thread.expect("stopped").readRegisters(frame);
  while (!isAtSelfStop(thread)) {
    thread.next(deadline);
    thread.expect("stopped").readRegisters(frame);
  }
  keepInitialRegisters(thread);
}

/** Takes the registers at the self-stop, with RIP moved back to the SYSCALL that all injections use. */
export function takeInitialRegisters(thread: Thread): void {
  thread.expect("stopped").readRegisters(thread.tracer.frame);
  keepInitialRegisters(thread);
}

/** The same with the registers that were read last. */
function keepInitialRegisters(thread: Thread): void {
  const { encoder, frame } = thread.tracer;
  encoder.rewindSyscall(frame.offset);
  thread.initial.copyFrom(frame);
}

/**
 * Whether the registers read last are those after the kill of the self-stop. A clone starts there, too, but with RBX 1.
 */
function isAtSelfStop({ tracer }: Thread): boolean {
  const { frame, selfStopAddress } = tracer;
  return (
    frame.word(HOST_MACHINE.word.instructionPointer) === selfStopAddress &&
    frame.word(HOST_MACHINE.word.mark) === 0n
  );
}

function attachError(tid: number, errno: string): AttachError {
  return new AttachError(`ptrace(PTRACE_ATTACH) on stub ${tid} was refused: ${errno}`, {
    call: "ptrace(PTRACE_ATTACH)",
    errno,
    remedy: attachRemedy(tid),
  });
}

/** The remedy for a refused attach, from the cause that /proc shows. */
function attachRemedy(tid: number): string {
  const status = readIfThere(`/proc/${tid}/status`) ?? "";
  const holder = statusLines(status)("TracerPid");
  if (Number(holder) > 0) {
    const name = readIfThere(`/proc/${holder}/comm`);
    return `process ${holder} (${name}) traces it already; run without strace -f or a debugger that follows forks`;
  }
  if (status === "") return "it ended before it could be attached";
  const yama = readPtraceScope();
  if (yama?.remedy !== undefined) {
    return `kernel.yama.ptrace_scope is ${yama.scope}: ${yama.remedy}`;
  }
  return "ptrace may be forbidden by a container's seccomp profile: allow it, or run `stublab doctor`";
}
