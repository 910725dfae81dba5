import { inject } from "./injection.ts";
import type { Thread } from "./thread.ts";

/** The area that a thread has registered for restartable sequences, as for rseq(2). */
export interface RseqArea {
  /** 0 if nothing is registered. */
  readonly address: bigint;
  readonly length: number;
  readonly signature: number;
}

export const RSEQ_FLAG_UNREGISTER = 1;

/** The area of a stopped thread, from PTRACE_GET_RSEQ_CONFIGURATION; undefined before Linux 5.13. */
export function readRseq({ tracer, tid }: Thread): RseqArea | undefined {
  // struct ptrace_rseq_configuration (linux/ptrace.h)
  const bytes = new DataView(new ArrayBuffer(24));
  // An encoder for older headers does not have it.
  const request = tracer.encoder.constants.get("PTRACE_GET_RSEQ_CONFIGURATION");
  if (request === undefined) return undefined;
  const result = tracer.shim.ptrace(Number(request), tid, bytes.byteLength, bytes);
  if (result < 0) return undefined;
  return {
    address: bytes.getBigUint64(0, true),
    length: bytes.getUint32(8, true),
    signature: bytes.getUint32(12, true),
  };
}

/**
 * Unregisters the area that an attached stub still has from its host. The set-up of the child handles only glibc's
 * area, because the kernel requires exactly the registered length.
 */
export function unregisterRseq(thread: Thread): void {
  const area = readRseq(thread);
  if (area === undefined || area.address === 0n) return;
  const { address, length, signature } = area;
  const args = [address, length, RSEQ_FLAG_UNREGISTER, signature];
  inject(thread, thread.tracer.flag("SYS_rseq"), args);
}
