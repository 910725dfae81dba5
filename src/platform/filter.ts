import type { Encoder } from "../encoder/encoder.ts";
import { EncoderError } from "../errors.ts";
import { FILTER_INSTRUCTION } from "../stub/bpf.ts";

/** How many an encoder may write. */
const MOST_INSTRUCTIONS = 128;

/** The seccomp filter of guests' stubs: an array of struct sock_filter. */
export function encodeFilter(encoder: Encoder, exitSignal: number): Uint8Array {
  // The end of the encoder's memory is the last that its blocks come to.
  const at = encoder.buffer.byteLength - FILTER_INSTRUCTION * MOST_INSTRUCTIONS;
  const count = encoder.encodeSeccomp(at, exitSignal);
  if (count > 0 && count <= MOST_INSTRUCTIONS) {
    return new Uint8Array(encoder.buffer).slice(at, at + count * FILTER_INSTRUCTION);
  }
  throw new EncoderError(`encoder ${encoder.name} wrote a filter of ${count} instructions`);
}
