import {
  DeathError,
  hex,
  InputError,
  MemoryError,
  StateError,
  SyscallError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { bytes, checkOptions, count, integer, show, truth, word } from "../../lib/shape.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import type { Batch } from "../stub/batch.ts";
import type { SyscallArgument, SyscallResult } from "../stub/injection.ts";
import { checkRange } from "../stub/memory.ts";
import type { Stub } from "../stub/stub.ts";
import type { ThreadTicket } from "../stub/thread_pool.ts";
import type { Thread } from "../stub/tracee.ts";
import type { TracingThread } from "../stub/tracing_thread.ts";
import { topOfUserSpace } from "../stub/user_space.ts";
import type { Runner } from "./runner.ts";

const DESCRIPTOR = count(2 ** 31 - 1);

/** The access that a mapping allows: letters of "rwx" in that order, or "" for none. */
export type Protection = "" | "r" | "w" | "x" | "rw" | "rx" | "wx" | "rwx";

/** The flags of a protection. @throws InputError */
export function protectionFlags(tracer: TracingThread, protection: Protection): bigint {
  if (typeof protection !== "string" || !/^r?w?x?$/.test(protection)) {
    throw new InputError(
      `protection: expected letters of "rwx" in that order, got ${show(protection)}`,
    );
  }
  let flags = tracer.flag("PROT_NONE");
  if (protection.includes("r")) flags |= tracer.flag("PROT_READ");
  if (protection.includes("w")) flags |= tracer.flag("PROT_WRITE");
  if (protection.includes("x")) flags |= tracer.flag("PROT_EXEC");
  return flags;
}

/** A range of whole pages in user space. */
interface PageRange {
  readonly start: bigint;
  readonly length: bigint;
}

/** The last SIGSEGV of a guest: if it recurs, it counts as a write. */
export interface Fault {
  readonly address: bigint;
  /** The address of the instruction. */
  readonly instruction: bigint;
  /** Those of its subprocess: it is removed if its page is unmapped. */
  readonly home: Set<Fault>;
}

/** The options of `mapFile`. */
export interface FileMapping {
  /** A file descriptor of this process: stubs share its file table. */
  readonly fd: number;
  /** The offset in the file, in bytes: a multiple of the page size. Default: 0. */
  readonly offset?: number | bigint | undefined;
  /** Whether all pages are read at once (MAP_POPULATE). Default: false. */
  readonly populate?: boolean | undefined;
}

/**
 * An address space in which guests run: one stub process, empty except for its stub code.
 *
 * `Platform.newAddressSpace` hands it out, and `release` puts it back into the pool; afterwards its methods throw
 * StateError. `using` releases it.
 */
export class Subprocess {
  /** The process. Do not drive it during a switch. */
  readonly stub: Stub;
  // Made for the first fault: most guests have none.
  #faults: Set<Fault> | undefined;
  readonly #pool: Runner[];
  /** Runs guests in it. @internal */
  readonly runner: Runner;
  #released = false;

  /** @param pool where it is put when it is released. @internal */
  constructor(runner: Runner, pool: Runner[]) {
    this.stub = runner.stub;
    this.runner = runner;
    this.#pool = pool;
  }

  /** The last faults of guests in this subprocess, whose pages have not been unmapped since. @internal */
  get faults(): Set<Fault> {
    this.#faults ??= new Set();
    return this.#faults;
  }

  get tracer(): TracingThread {
    return this.stub.tracer;
  }

  get pid(): number {
    return this.stub.pid;
  }

  /** The thread in which guests run. @throws StateError if it was released or died. @internal */
  get thread(): Thread {
    this.#expectUsable();
    return this.stub.thread;
  }

  /**
   * Maps zeroed memory, and replaces what is mapped there.
   *
   * @param address a multiple of the page size.
   * @param length in bytes; rounded up to whole pages.
   * @throws MemoryError, SyscallError if the kernel refuses, StateError
   */
  mapAnonymous(address: number | bigint, length: number | bigint, protection: Protection): void {
    const { tracer } = this;
    const flags = tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS");
    this.#map(this.#range(address, length), protection, flags, -1n, 0n);
  }

  /**
   * Maps a file, shared, and replaces what is mapped there.
   *
   * @throws MemoryError, SyscallError if the kernel refuses, StateError
   */
  mapFile(
    address: number | bigint,
    length: number | bigint,
    protection: Protection,
    mapping: FileMapping,
  ): void {
    checkOptions(mapping, "mapping", { fd: DESCRIPTOR, offset: word, populate: truth });
    const { offset = 0, populate = false } = mapping;
    const fd = BigInt(DESCRIPTOR(mapping.fd, "fd"));
    const { tracer } = this;
    const flags = tracer.flag("MAP_SHARED") | (populate ? tracer.flag("MAP_POPULATE") : 0n);
    const range = this.#range(address, length);
    this.#map(range, protection, flags, fd, word(offset, "offset"));
  }

  #map(range: PageRange, protection: Protection, flags: bigint, fd: bigint, offset: bigint): void {
    this.#expectUsable();
    const { tracer } = this;
    const fixed = flags | tracer.flag("MAP_FIXED");
    const prot = protectionFlags(tracer, protection);
    this.stub.call("mmap", range.start, range.length, prot, fixed, fd, offset);
  }

  /** Changes the protection of whole pages. @throws MemoryError, SyscallError, StateError */
  protect(address: number | bigint, length: number | bigint, protection: Protection): void {
    this.#expectUsable();
    const { tracer } = this;
    const range = this.#range(address, length);
    const prot = protectionFlags(tracer, protection);
    this.stub.call("mprotect", range.start, range.length, prot);
  }

  /** Unmaps whole pages. Pages that are not mapped are not an error. @throws MemoryError, StateError */
  unmap(address: number | bigint, length: number | bigint): void {
    this.#expectUsable();
    const { start, length: bytes } = this.#range(address, length);
    this.#markStale(start, start + bytes);
    this.stub.call("munmap", start, bytes);
  }

  /**
   * Executes a call of a guest that may change what is mapped in a range: mmap, munmap, mprotect.
   *
   * @param start undefined if the kernel chooses the address, where nothing is mapped.
   * @param rest its arguments after the address and the length. @throws what `stub.inject` throws @internal
   */
  remap(
    call: string,
    start: bigint | undefined,
    length: bigint,
    ...rest: SyscallArgument[]
  ): SyscallResult {
    if (start !== undefined && call === "munmap") this.#markStale(start, start + length);
    return this.stub.inject(call, start ?? 0, length, ...rest);
  }

  /** Whether these are whole pages of user space that a guest may have: none is stublab's own. @internal */
  isFree(address: bigint, length: bigint): boolean {
    try {
      this.#range(address, length);
      return true;
    } catch (error) {
      if (error instanceof MemoryError) return false;
      throw error;
    }
  }

  /** Reads guest memory. @throws MemoryError, StateError */
  read(address: number | bigint, length: number): Uint8Array {
    this.#expectUsable();
    return this.stub.read(address, length);
  }

  /** Writes guest memory, which must be writable. @throws MemoryError, StateError */
  write(address: number | bigint, data: Uint8Array): void {
    this.#expectUsable();
    this.#expectFree(integer(address, "address"), bytes(data, "data").length);
    this.stub.write(address, data);
  }

  /** System calls that are executed together. No record of a fault survives a run: its page may be unmapped. */
  batch(): Batch {
    this.#expectUsable();
    return this.stub.batchAfter(() => {
      this.#expectUsable();
      this.#markStale(0n, BigInt(topOfUserSpace()));
    });
  }

  /**
   * Returns a ticket for a thread of this subprocess, to be posted to the worker whose tracer has the tid `tracerTid`;
   * its platform's `join` redeems the ticket. Both tracers then work in the same memory, each in a thread of its own.
   * Tracers that joined must release the subprocess before it is closed here.
   *
   * @throws SyscallError, StateError, InputError; UnsupportedError if guests run without a tracer
   */
  ticket(tracerTid: number): ThreadTicket {
    this.#expectUsable();
    if (this.runner.pages > 0) throw notShared();
    return this.stub.ticket(tracerTid);
  }

  /**
   * Unmaps everything and puts the process back into the pool; a joined subprocess is only detached. Releasing a second
   * time does nothing.
   *
   * @throws StateError if another tracer still has a thread of it: it is not released then.
   */
  release(): void {
    if (this.#released) return;
    this.stub.expectUnshared();
    this.#released = true;
    this.#markStale(0n, BigInt(topOfUserSpace()));
    this.runner.vacate();
    if (!this.stub.alive) return;
    // A stub whose guest could not be stopped is not reused.
    if (this.stub.borrowed || !this.stub.thread.isReady) {
      this.stub.close();
      return;
    }
    try {
      this.runner.empty();
      this.#pool.push(this.runner);
    } catch (error) {
      if (error instanceof DeathError) return;
      // It has pages that cannot be unmapped: a sealed one, for example.
      if (!(error instanceof SyscallError)) throw error;
      this.stub.close();
    }
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** Whole pages of user space that are not stublab's own; the length is rounded up. @throws MemoryError, InputError */
  #range(address: number | bigint, length: number | bigint): PageRange {
    const page = BigInt(PAGE_SIZE);
    const wanted = integer(length, "length");
    if (wanted <= 0n) throw new MemoryError(`length: expected at least 1 byte, got ${wanted}`);
    const rounded = ((wanted + page - 1n) / page) * page;
    const start = checkRange(address, rounded, this.tracer.stubAddress);
    if (start % page !== 0n) {
      throw new MemoryError(`${hex(start)} is not a multiple of the page size, ${PAGE_SIZE}`);
    }
    this.#expectFree(start, rounded);
    return { start, length: rounded };
  }

  /** @throws MemoryError if a range overlaps the pages of the lane. */
  #expectFree(start: bigint, length: number | bigint): void {
    const { pages } = this.runner;
    const end = BigInt(this.tracer.stubAddress);
    const begin = end - BigInt(pages * PAGE_SIZE);
    if (pages === 0 || start >= end || start + BigInt(length) <= begin) return;
    throw new MemoryError(
      `${length} bytes at ${hex(start)} overlap the pages of the signal handler at ${hex(begin)}`,
    );
  }

  #markStale(start: bigint, end: bigint): void {
    for (const fault of this.#faults ?? []) {
      if (fault.address >= start && fault.address < end) fault.home.delete(fault);
    }
  }

  #expectUsable(): void {
    if (this.#released) throw new StateError(`subprocess ${this.pid} was released`);
    if (!this.stub.alive) this.stub.thread.expect("stopped");
  }
}

/** The threads of a process share their signal handlers, and so the lane's pages. */
export function notShared(): UnsupportedError {
  return new UnsupportedError("a subprocess whose guests run without a tracer cannot be shared", {
    remedy: 'open all its platforms with the lane "faithful"',
  });
}
