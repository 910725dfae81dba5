import type { StubEnd } from "../../lib/errors.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** A stop of a thread: by `signal`, or by `event` (PTRACE_EVENT_*, 0 for none). */
export interface Stop {
  readonly kind: "signal" | "group-stop" | "event" | "syscall";
  readonly signal: number;
  readonly event: number;
}

/** A decoded status word of wait4: a stop, or the end of the thread. */
export type Report = Stop | StubEnd;

/** Decodes a status word. */
export function decodeStatus(tracer: TracingThread, status: number): Report {
  const { encoder } = tracer;
  const kind = encoder.waitKind(status);
  const signal = encoder.waitValue(status);
  const event = encoder.waitEvent(status);
  switch (kind) {
    case tracer.constant("WAIT_EXITED"):
    case tracer.constant("WAIT_SIGNALED"):
      return decodeEnd(tracer, status);
    case tracer.constant("WAIT_EVENT"):
      return { kind: "event", signal, event };
    case tracer.constant("WAIT_GROUP_STOP"):
      return { kind: "group-stop", signal, event };
    case tracer.constant("WAIT_SYSCALL_STOP"):
      return { kind: "syscall", signal, event };
    default:
      return { kind: "signal", signal, event };
  }
}

/** Decodes the status word of an end, as wait4 and the message of PTRACE_EVENT_EXIT report it. */
export function decodeEnd(tracer: TracingThread, status: number): StubEnd {
  const { encoder } = tracer;
  const value = encoder.waitValue(status);
  if (encoder.waitKind(status) !== tracer.constant("WAIT_SIGNALED")) {
    return { kind: "exited", status: value };
  }
  const coreDumped = encoder.waitCoreDumped(status) === 1;
  return { kind: "signaled", signal: tracer.signalName(value), coreDumped };
}

/** The kernel's report of a signal, siginfo_t. A member that the signal does not define has no meaning. */
export interface SignalInfo {
  readonly signal: number;
  /** The cause: positive from the kernel, otherwise from a process (SI_USER, SI_TKILL, …). */
  readonly code: number;
  readonly errno: number;
  /** The address of a fault. */
  readonly address: bigint;
  /** The pid of the process that sent it. */
  readonly pid: number;
}

/** Decodes the 128 bytes of a siginfo_t. */
export function decodeSignalInfo(tracer: TracingThread, bytes: DataView): SignalInfo {
  return {
    signal: bytes.getInt32(tracer.constant("SIGINFO_si_signo"), true),
    code: bytes.getInt32(tracer.constant("SIGINFO_si_code"), true),
    errno: bytes.getInt32(tracer.constant("SIGINFO_si_errno"), true),
    address: bytes.getBigUint64(tracer.constant("SIGINFO_si_addr"), true),
    pid: bytes.getInt32(tracer.constant("SIGINFO_si_pid"), true),
  };
}
