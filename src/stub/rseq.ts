import type { Thread } from "./thread.ts";

/** What a thread has registered for restartable sequences, as rseq(2) takes it. */
export interface RseqArea {
  /** 0 if nothing is registered. */
  readonly address: bigint;
  readonly length: number;
  readonly signature: number;
}

export const RSEQ_FLAG_UNREGISTER = 1;
/** What PTRACE_GET_RSEQ_CONFIGURATION reports of a stopped thread; undefined before Linux 5.13. */
export function readRseq({ tracer, tid }: Thread): RseqArea | undefined {
  // struct ptrace_rseq_configuration (linux/ptrace.h)
  const bytes = new DataView(new ArrayBuffer(24));
  // An encoder for older headers does not have it.
  const request = tracer.encoder.constants.get("PTRACE_GET_RSEQ_CONFIGURATION");
  if (request === undefined) return undefined;
  const result = tracer.shim.ptraceMemory(Number(request), tid, bytes.byteLength, bytes);
  if (result < 0) return undefined;
  return {
    address: bytes.getBigUint64(0, true),
    length: bytes.getUint32(8, true),
    signature: bytes.getUint32(12, true),
  };
}

/**
 * Unregisters what a forked stub still has from its host, once it is attached: its set-up knows glibc's area only, and
 * the kernel wants the very length that was registered.
 */
export function unregisterRseq(thread: Thread): void {
  const area = readRseq(thread);
  if (area === undefined || area.address === 0n) return;
  const { address, length, signature } = area;
  const args = [address, length, RSEQ_FLAG_UNREGISTER, signature];
  thread.inject(thread.tracer.flag("SYS_rseq"), args);
}
