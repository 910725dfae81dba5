import { EncoderError, InputError } from "../../lib/errors.ts";
import type { Encoder } from "../encoder/abi.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** <linux/rseq.h> */
export const RSEQ_FLAG_UNREGISTER = 1;

/** A word that a filter compares: `[offset in struct seccomp_data, word]`. */
export type Condition = readonly [offset: number, word: bigint];

/** The most instructions that an encoder may write. */
const MOST_ENCODED = 128;

/**
 * Returns the seccomp filter that stubs of guests run under: an array of struct sock_filter.
 *
 * @throws EncoderError if the encoder does not write 1 to 128 instructions.
 */
export function encodeFilter(encoder: Encoder, exitSignal: number): Uint8Array {
  // Register blocks may be there: they grow from the start of the memory.
  const at = encoder.buffer.byteLength - FILTER_INSTRUCTION * MOST_ENCODED;
  const area = new Uint8Array(encoder.buffer, at);
  const before = area.slice();
  try {
    const count = encoder.encodeSeccomp(at, exitSignal);
    if (count > 0 && count <= MOST_ENCODED) return area.slice(0, count * FILTER_INSTRUCTION);
    throw new EncoderError(`encoder ${encoder.name} wrote a filter of ${count} instructions`);
  } finally {
    area.set(before);
  }
}

/**
 * Returns a filter that allows what births and the tracer's lane need, and judges any other call by `filter`. A birth needs
 * the rseq that unregisters an area: one that is not the C library's is unregistered when the filter is installed already.
 *
 * @param filter an array of struct sock_filter.
 * @param lanes the calls that the lane needs.
 * @throws InputError if both together are too long
 */
export function allowCalls(
  tracer: TracingThread,
  filter: Uint8Array,
  lanes: readonly (readonly Condition[])[],
): Uint8Array {
  const allowed = [...lanes];
  if (tracer.encoder.constants.has("SYS_rseq")) {
    allowed.push([
      [DATA_NUMBER, tracer.flag("SYS_rseq")],
      [DATA_ARGUMENT + 16, BigInt(RSEQ_FLAG_UNREGISTER)],
    ]);
  }
  if (allowed.length === 0) return filter;
  const arch: Condition = [DATA_ARCH, tracer.flag(HOST_MACHINE.auditArch)];
  const own = allowed.flatMap((conditions) => allowIf([arch, ...conditions]));
  const all = new Uint8Array([...assembleBpf(...own), ...filter]);
  if (all.length <= MOST_INSTRUCTIONS * FILTER_INSTRUCTION) return all;
  throw new InputError(
    `filter: expected at most ${MOST_INSTRUCTIONS - own.length} instructions: the tracer adds ${own.length}`,
  );
}

/** Allows a call to which all conditions apply, and goes on if one does not. */
function allowIf(conditions: readonly Condition[]): BpfInstruction[] {
  const tests = conditions.flatMap(([offset, word], i): BpfInstruction[] => [
    [LOAD_WORD, offset],
    [JUMP_EQUAL, Number(word), 0, 2 * (conditions.length - 1 - i) + 1],
  ]);
  return [...tests, [RETURN, SECCOMP_RET_ALLOW]];
}

// The part of classic BPF that seccomp filters use: linux/bpf_common.h, linux/filter.h, linux/seccomp.h.

export const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
export const JUMP = 0x05;
export const JUMP_EQUAL = 0x15;
export const JUMP_GREATER = 0x25;
export const JUMP_GREATER_OR_EQUAL = 0x35;
export const JUMP_IF_SET = 0x45;
export const AND = 0x54;
export const OR = 0x44;
export const RETURN = 0x06;
export const RETURN_ACCUMULATOR = 0x16;

export const SECCOMP_RET_ALLOW = 0x7fff_0000;
export const SECCOMP_RET_TRACE = 0x7ff0_0000;
export const SECCOMP_RET_ERRNO = 0x0005_0000;
export const SECCOMP_RET_TRAP = 0x0003_0000;
export const SECCOMP_RET_KILL_PROCESS = 0x8000_0000;

/** Byte offsets in struct seccomp_data, and its size. */
export const DATA_NUMBER = 0;
export const DATA_ARCH = 4;
export const DATA_INSTRUCTION_POINTER = 8;
export const DATA_ARGUMENT = 16;
export const DATA_SIZE = 64;
/** The upper half of a 64-bit member. */
export const HIGH = 4;

/** The size of struct sock_filter, and the most instructions that the kernel accepts (BPF_MAXINSNS). */
export const FILTER_INSTRUCTION = 8;
export const MOST_INSTRUCTIONS = 4096;

/** struct sock_filter: code (16 bits), jt and jf (8 each), k (32). */
export type BpfInstruction = readonly [code: number, k: number, jt?: number, jf?: number];

/** An array of struct sock_filter. */
export function assembleBpf(...instructions: readonly BpfInstruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(FILTER_INSTRUCTION * instructions.length));
  for (const [i, [code, k, jt = 0, jf = 0]] of instructions.entries()) {
    const at = FILTER_INSTRUCTION * i;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  }
  return new Uint8Array(view.buffer);
}

/** The size of struct sock_fprog. */
export const FPROG_SIZE = 16;

/** The struct sock_fprog of a program at `address`. */
export function sockFprog(program: Uint8Array, address: bigint): Uint8Array {
  const header = new DataView(new ArrayBuffer(FPROG_SIZE));
  header.setUint16(0, program.length / FILTER_INSTRUCTION, true);
  header.setBigUint64(8, address, true);
  return new Uint8Array(header.buffer);
}
