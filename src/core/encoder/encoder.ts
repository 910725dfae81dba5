import type { Arch } from "../machine/index.ts";
import type { ComparisonFunctionName, EncoderFunctions } from "./abi.ts";

/**
 * The encoder ABI (docs/encoder-abi.md) in TypeScript.
 *
 * An encoder owns one `buffer` of fixed size, which contains the register blocks; functions take their byte offsets.
 * Words of 64 bits are BigInts; pids, signals, errnos and status words are Numbers (32 bits, signed).
 */
export interface EncoderIdentity {
  /** Its name, as for `--encoder`; the base name of its file if it was loaded from one. */
  readonly name: string;
  /** The file that `loadEncoderUnconfined` loaded it from. */
  readonly file?: string;
  readonly arch: Arch;
  /** The memory with the register blocks. It never grows or moves. */
  readonly buffer: ArrayBuffer;
  /** The first byte of `buffer` that belongs to the caller, up to its end. */
  readonly heap: number;
  /** All constants of the encoder, by the kernel's names; `REG_rax` is the byte offset of rax. */
  readonly constants: ReadonlyMap<string, bigint>;
}

/** An encoder that has every function. */
export interface CompleteEncoder extends EncoderIdentity, EncoderFunctions {}

/** An encoder that can drive stubs: it may lack the functions that only the comparison calls. */
export interface Encoder
  extends EncoderIdentity,
    Omit<EncoderFunctions, ComparisonFunctionName>,
    Partial<Pick<EncoderFunctions, ComparisonFunctionName>> {}

/** An encoder that may lack any function. */
export interface PartialEncoder extends EncoderIdentity, Partial<EncoderFunctions> {
  /** The names of functions that its file exports and the ABI does not have. */
  readonly others?: readonly string[];
}
