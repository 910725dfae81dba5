import type { TracingThread } from "../stub/tracing_thread.ts";

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
