import { EncoderError } from "../../lib/errors.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { FILTER_INSTRUCTION } from "./program.ts";

/** The largest number of instructions that an encoder may write. */
const MOST_INSTRUCTIONS = 128;

/**
 * Returns the seccomp filter that stubs of guests run under: an array of struct sock_filter.
 *
 * @throws EncoderError if the encoder does not write 1 to 128 instructions.
 */
export function encodeFilter(encoder: Encoder, exitSignal: number): Uint8Array {
  // Register blocks may be there: they grow from the start of the memory.
  const at = encoder.buffer.byteLength - FILTER_INSTRUCTION * MOST_INSTRUCTIONS;
  const area = new Uint8Array(encoder.buffer, at);
  const before = area.slice();
  try {
    const count = encoder.encodeSeccomp(at, exitSignal);
    if (count > 0 && count <= MOST_INSTRUCTIONS) return area.slice(0, count * FILTER_INSTRUCTION);
    throw new EncoderError(`encoder ${encoder.name} wrote a filter of ${count} instructions`);
  } finally {
    area.set(before);
  }
}
