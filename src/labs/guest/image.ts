import { PAGE_SIZE } from "../../core/shim/page_size.ts";
import { CODE_ADDRESS } from "./machine/index.ts";

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

/** A program for a guest: a static ELF executable, or bare code that is entered at its first byte. */
export type GuestProgram =
  | {
      /** The contents of the file. */
      readonly elf: Uint8Array;
      /** Where a position-independent executable is loaded: a multiple of the page size. Default: 0x555555400000. */
      readonly base?: bigint;
    }
  | {
      /** Machine code, at least one byte. It is mapped readable, writable and executable. */
      readonly code: Uint8Array;
      /** The address of its first byte. Default: 0x10000. */
      readonly address?: bigint;
    };

/** The page that an address is in. */
export function pageOf(address: bigint): bigint {
  return address - (address % BigInt(PAGE_SIZE));
}

/** The first page boundary at or above an address. */
export function pageEnd(address: bigint): bigint {
  return pageOf(address + BigInt(PAGE_SIZE) - 1n);
}

/** An image of bare code, which may write to its own pages because its data is there, too. */
export function codeImage(code: Uint8Array, address = CODE_ADDRESS): Image {
  const segment = { address, bytes: code, memorySize: BigInt(code.length), access: 7 };
  return { entry: address, segments: [segment] };
}
