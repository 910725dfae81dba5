import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";

/** A part of a program: `bytes`, followed by zeros up to `memorySize`. */
export interface Segment {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly memorySize: bigint;
  /** Its access, as in p_flags of ELF: the sum of 4 for reading, 2 for writing and 1 for execution. */
  readonly access: number;
}

/** A program in the form in which it is loaded. */
export interface Image {
  readonly entry: bigint;
  /** In ascending order, without overlap. */
  readonly segments: readonly Segment[];
  /** The program headers of ELF in memory, for the auxiliary vector. */
  readonly headers?: { readonly address: bigint; readonly count: number };
}

/** The page that an address is in. */
export function pageOf(address: bigint): bigint {
  return address - (address % BigInt(PAGE_SIZE));
}

/** The first page boundary at or above an address. */
export function pageEnd(address: bigint): bigint {
  return pageOf(address + BigInt(PAGE_SIZE) - 1n);
}
