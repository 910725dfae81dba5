import type { Context } from "../../core/platform/context.ts";
import type { Subprocess } from "../../core/platform/subprocess.ts";
import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import { readProc } from "../../core/stub/proc.ts";
import { MemoryError } from "../../lib/errors.ts";
import type { Descriptors } from "./files.ts";

/** Receives the bytes that a guest writes to its standard output (1) or standard error (2). */
export type Sink = (fd: 1 | 2, bytes: Uint8Array) => void;

/** PATH_MAX: the kernel reads no longer path. */
const MOST_STRING = 4096;

/** What a guest gets from its caller. */
export interface Supplies {
  readonly output: Sink;
  readonly descriptors: Descriptors;
  /** The limit of its address space, in bytes. */
  readonly memory: number;
}

/**
 * A running program: its address space, its registers, and the state of its emulated system calls. It is passed to the
 * callbacks of `runGuest`, which may use it until `runGuest` returns.
 */
export class Guest {
  /** The address space, for mappings. */
  readonly space: Subprocess;
  /** The registers, and the handle for interrupts. */
  readonly context: Context;
  /** The initial program break (brk(2)), a multiple of the page size, and the current one. */
  readonly heap: bigint;
  break: bigint;
  /** @internal */
  readonly supplies: Supplies;

  /** @internal */
  constructor(space: Subprocess, context: Context, heap: bigint, supplies: Supplies) {
    this.space = space;
    this.context = context;
    this.heap = heap;
    this.break = heap;
    this.supplies = supplies;
  }

  /**
   * Reads memory of the guest.
   *
   * @param length in bytes.
   * @returns the bytes; undefined if the guest cannot read one of them: a system call then fails with EFAULT.
   */
  read(address: bigint, length: number): Uint8Array | undefined {
    return attempt(() => this.space.read(address, length));
  }

  /** Reads a range: at once if that succeeds, else up to the first page that cannot be read. @internal */
  *readable(address: bigint, length: number): Generator<Uint8Array> {
    const whole = length === 0 ? undefined : this.read(address, length);
    if (whole !== undefined) return yield whole;
    const end = address + BigInt(length);
    for (let at = address; at < end; ) {
      const inPage = PAGE_SIZE - Number(at % BigInt(PAGE_SIZE));
      const part = this.read(at, Math.min(inPage, Number(end - at)));
      if (part === undefined) return;
      yield part;
      at += BigInt(part.length);
    }
  }

  /** Reads a string up to its NUL, as paths are: at most 4096 bytes with it. Returns undefined if it cannot. @internal */
  readString(address: bigint): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    for (const part of this.readable(address, MOST_STRING)) {
      const length = part.indexOf(0);
      parts.push(length < 0 ? part : part.subarray(0, length));
      if (length >= 0) return Buffer.concat(parts);
    }
    return undefined;
  }

  /** Reads 64-bit words; undefined if the guest cannot. @internal */
  readWords(address: bigint, count: number): BigUint64Array | undefined {
    const bytes = this.read(address, count * BigUint64Array.BYTES_PER_ELEMENT);
    return bytes && new BigUint64Array(Uint8Array.from(bytes).buffer);
  }

  /** Writes 64-bit words; returns false if the guest cannot. @internal */
  writeWords(address: bigint, ...words: bigint[]): boolean {
    return this.write(address, new Uint8Array(BigUint64Array.from(words).buffer));
  }

  /**
   * Writes memory of the guest.
   *
   * @returns false if the guest cannot write one of the bytes: a system call then fails with EFAULT.
   */
  write(address: bigint, bytes: Uint8Array): boolean {
    return attempt(() => [this.space.write(address, bytes)]) !== undefined;
  }

  /** Whether it may map `bytes` more bytes. @internal */
  mayMap(bytes: bigint): boolean {
    const [pages = "0"] = readProc(`/proc/${this.space.pid}/statm`).split(" ");
    return BigInt(pages) * BigInt(PAGE_SIZE) + bytes <= this.supplies.memory;
  }
}

/** The result of an access to memory; undefined if the guest cannot make it. */
function attempt<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch (error) {
    if (error instanceof MemoryError) return undefined;
    throw error;
  }
}
