import { PAGE_SIZE } from "./amd64.ts";
import type { Stub } from "./stub.ts";
import type { Thread } from "./thread.ts";

/** What a thread has registered for restartable sequences, as rseq(2) takes it. */
export interface RseqArea {
  /** 0 if nothing is registered. */
  readonly address: bigint;
  readonly length: number;
  readonly signature: number;
}

const RSEQ_FLAG_UNREGISTER = 1;
/** What everyone registers with on x86 (RSEQ_SIG), and the length that every kernel takes. */
const SIGNATURE = 0x53053053;
const LENGTH = 32;

/** What PTRACE_GET_RSEQ_CONFIGURATION reports of a stopped thread; undefined before Linux 5.13. */
export function readRseq({ tracer, tid }: Thread): RseqArea | undefined {
  // struct ptrace_rseq_configuration (linux/ptrace.h)
  const bytes = new DataView(new ArrayBuffer(24));
  // An encoder of older headers does not have it.
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

/** Whether a stub has anything registered: if the kernel does not report it, whether the stub can register a page. */
export function hasRseq(stub: Stub): boolean {
  const area = readRseq(stub.thread);
  if (area !== undefined) return area.address !== 0n;
  const page = stub.map(PAGE_SIZE);
  try {
    const { errno } = stub.inject("rseq", page, LENGTH, 0, SIGNATURE);
    if (errno === null) stub.call("rseq", page, LENGTH, RSEQ_FLAG_UNREGISTER, SIGNATURE);
    return errno !== null && errno !== "ENOSYS";
  } finally {
    stub.call("munmap", page, PAGE_SIZE);
  }
}
