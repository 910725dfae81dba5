import type { ComparisonFunctionName, EncoderFunctions } from "./abi.ts";
import type { Arch } from "./arch.ts";

/**
 * The encoder ABI (docs/encoder-abi.md) in TypeScript.
 *
 * An encoder owns one fixed `buffer`. Register blocks lie in it and are named by their byte offset. Words
 * of 64 bits are BigInts; pids, signals, errnos and status words are numbers (32 bits, signed).
 */
export interface EncoderIdentity {
  /** What `--encoder` calls it; the base name of its file if it comes from one. */
  readonly name: string;
  /** The file that `loadEncoder` loaded it from. */
  readonly file?: string;
  readonly arch: Arch;
  /** The memory in which register blocks lie. It never grows or moves. */
  readonly buffer: ArrayBuffer;
  /** The first byte of `buffer` that belongs to the caller, up to its end. */
  readonly heap: number;
  /** Every constant that the encoder knows, under the kernel's name; `REG_rax` is the byte offset of rax. */
  readonly constants: ReadonlyMap<string, bigint>;
}

/** An encoder that has every function. */
export interface CompleteEncoder extends EncoderIdentity, EncoderFunctions {}

/** An encoder that can drive stubs: it may lack what only the comparison calls. */
export interface Encoder
  extends EncoderIdentity,
    Omit<EncoderFunctions, ComparisonFunctionName>,
    Partial<Pick<EncoderFunctions, ComparisonFunctionName>> {}

/** An encoder that may lack any function. */
export interface PartialEncoder extends EncoderIdentity, Partial<EncoderFunctions> {}
