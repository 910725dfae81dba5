import { MemoryError } from "../errors.ts";
import type { Context } from "../platform/context.ts";
import type { Subprocess } from "../platform/subprocess.ts";
import { PAGE_SIZE } from "../stub/amd64.ts";
import { readProc } from "../stub/proc.ts";

/** Takes what a guest writes to its standard output (1) or standard error (2). */
export type Sink = (fd: 1 | 2, bytes: Uint8Array) => void;

/** What a guest is made of. */
export interface GuestParts {
  readonly space: Subprocess;
  readonly context: Context;
  readonly output: Sink;
  /** Bytes of address space that it may have. */
  readonly memory: number;
  /** Where its heap begins: a multiple of the page size. */
  readonly heap: bigint;
}

/** A program that runs: its address space, its registers, and what its system calls have to remember. */
export class Guest {
  readonly space: Subprocess;
  readonly context: Context;
  /** @internal */
  readonly output: Sink;
  /** The program break (brk(2)), and where it began. */
  readonly heap: bigint;
  break: bigint;
  readonly #memory: number;

  /** @internal */
  constructor({ space, context, output, memory, heap }: GuestParts) {
    this.space = space;
    this.context = context;
    this.output = output;
    this.#memory = memory;
    this.heap = heap;
    this.break = heap;
  }

  /** Bytes at a pointer of the guest; undefined where it may not read one of them. */
  read(address: bigint, length: number): Uint8Array | undefined {
    try {
      return this.space.read(address, length);
    } catch (error) {
      if (error instanceof MemoryError) return undefined;
      throw error;
    }
  }

  /** Writes to a pointer of the guest; false where it may not write one of them. */
  write(address: bigint, bytes: Uint8Array): boolean {
    try {
      this.space.write(address, bytes);
      return true;
    } catch (error) {
      if (error instanceof MemoryError) return false;
      throw error;
    }
  }

  /** Whether it may map so many bytes more. */
  mayMap(bytes: bigint): boolean {
    const [pages = "0"] = readProc(`/proc/${this.space.pid}/statm`).split(" ");
    return BigInt(pages) * BigInt(PAGE_SIZE) + bytes <= this.#memory;
  }
}
