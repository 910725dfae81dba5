import type { TracingThread } from "../stub/tracing_thread.ts";

/** What the kernel tells of a signal: siginfo_t, as far as its signal gives it meaning. */
export interface SignalInfo {
  readonly signal: number;
  /** Why: positive from the kernel, else from a process (SI_USER, SI_TKILL, …). */
  readonly code: number;
  readonly errno: number;
  /** Of a fault: its address. */
  readonly address: bigint;
  /** Of a signal that a process sent: its pid. */
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
