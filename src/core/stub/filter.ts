import { EncoderError, InputError } from "../../lib/errors.ts";
import {
  assembleBpf,
  type BpfInstruction,
  DATA_ARCH,
  DATA_ARGUMENT,
  DATA_NUMBER,
  FILTER_INSTRUCTION,
  JUMP_EQUAL,
  LOAD_WORD,
  MOST_INSTRUCTIONS,
  RETURN,
  SECCOMP_RET_ALLOW,
} from "../bpf/program.ts";
import type { Encoder } from "../encoder/abi.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import type { Condition } from "./injector.ts";
import { RSEQ_FLAG_UNREGISTER } from "./rseq.ts";
import type { TracingThread } from "./tracing_thread.ts";

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
