import type { Protection } from "../platform/memory.ts";
import { CODE_ADDRESS } from "./amd64.ts";

/** A part of a program: `bytes`, and zeros after them up to `memorySize`. */
export interface Segment {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly memorySize: bigint;
  readonly protection: Protection;
}

/** A program as it is to lie in memory. */
export interface Image {
  readonly entry: bigint;
  /** Ascending, and none overlaps another. */
  readonly segments: readonly Segment[];
  /** What a C library wants to know of its own program headers. */
  readonly programHeaders?: {
    readonly address: bigint;
    readonly entrySize: number;
    readonly count: number;
  };
}

/** A guest: a static ELF executable, or bare code that is entered at its first byte. */
export type GuestProgram =
  | {
      readonly elf: Uint8Array;
      /** Where a position-independent one goes: a multiple of the page size. */
      readonly base?: bigint;
    }
  | {
      readonly code: Uint8Array;
      /** Where it goes. Default: 0x10000. */
      readonly address?: bigint;
    };

/** Code as an image. It may write to itself: its data is among it. */
export function codeImage(code: Uint8Array, address = CODE_ADDRESS): Image {
  const segment = { address, bytes: code, memorySize: BigInt(code.length) };
  return { entry: address, segments: [{ ...segment, protection: "rwx" }] };
}
