import { InputError } from "../../lib/errors.ts";
import {
  assembleBpf,
  type BpfInstruction,
  DATA_ARCH,
  DATA_ARGUMENT,
  DATA_INSTRUCTION_POINTER,
  DATA_NUMBER,
  FILTER_INSTRUCTION,
  HIGH,
  JUMP_EQUAL,
  LOAD_WORD,
  MOST_INSTRUCTIONS,
  RETURN,
  SECCOMP_RET_ALLOW,
} from "../bpf/program.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { RSEQ_FLAG_UNREGISTER } from "./rseq.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** The advice that keeps a ring out of clones (include/uapi/asm-generic/mman-common.h); no encoder defines it. */
export const MADV_DONTFORK = 10n;

/** The words that an instruction of the filter compares: `[offset in struct seccomp_data, word]`. */
type Condition = readonly [offset: number, word: bigint];

/**
 * Returns a filter that allows what births and the tracer's lanes need, and judges any other call by `filter`: the rseq
 * that unregisters an area, the calls of the loop over a ring by its own instructions or the signal of its halt, the
 * madvise for a ring, and the clone of a traced birth.
 *
 * @param filter an array of struct sock_filter.
 * @throws InputError if both together are too long
 */
export function admitLanes(tracer: TracingThread, filter: Uint8Array): Uint8Array {
  const allowed: Condition[][] = [];
  const call = (name: string): Condition => [DATA_NUMBER, tracer.syscallNumber(name)];
  if (!tracer.isFaithful) {
    allowed.push([call("madvise"), [DATA_ARGUMENT + 16, MADV_DONTFORK]]);
    for (const offset of [tracer.shim.stubWakeOffset(), tracer.shim.stubSleepOffset()]) {
      const pointer = BigInt(tracer.stubAddress + offset);
      allowed.push([
        call("futex"),
        [DATA_INSTRUCTION_POINTER, pointer & 0xffff_ffffn],
        [DATA_INSTRUCTION_POINTER + HIGH, pointer >> 32n],
      ]);
    }
  }
  if (allowed.length > 0 && HOST_MACHINE.haltSignal !== undefined) {
    const signal = BigInt(HOST_MACHINE.haltSignal);
    allowed.push([call("kill"), [DATA_ARGUMENT + 8, signal], [DATA_ARGUMENT + 8 + HIGH, 0n]]);
  }
  if (!tracer.isFaithful) {
    allowed.push([call("clone"), [DATA_ARGUMENT, tracer.tracedWord()], [DATA_ARGUMENT + HIGH, 0n]]);
  }
  // An area that is not the C library's is unregistered when the filter is installed already.
  if (tracer.encoder.constants.has("SYS_rseq")) {
    allowed.push([call("rseq"), [DATA_ARGUMENT + 16, BigInt(RSEQ_FLAG_UNREGISTER)]]);
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
