import { DeathError, StateError } from "../errors.ts";
import { count, object, word } from "../shape.ts";
import type { Stub } from "../stub/stub.ts";
import type { Thread } from "../stub/thread.ts";
import { expectUnshared, type ThreadTicket } from "../stub/ticket.ts";
import { topOfUserSpace } from "../stub/user_space.ts";
import type { Context } from "./context.ts";
import { type PageRange, type Protection, pageRange, protectionFlags } from "./memory.ts";
import type { Platform } from "./platform.ts";

const DESCRIPTOR = count(2 ** 31 - 1);

/** What mapFile maps, and how. */
export interface FileMapping {
  /** A file descriptor of this process: stubs share its file table. */
  readonly fd: number;
  /** Where in the file, in bytes: a multiple of the page size. Default: 0. */
  readonly offset?: number | bigint;
  /** Whether all pages are brought in at once. Default: no. */
  readonly populate?: boolean;
}

/**
 * An address space in which guests run: one stub process, empty but for its stub code.
 *
 * It is handed out by `Platform.newAddressSpace`, and goes back to the pool by `release`; afterwards nothing
 * can be asked of it. `using` releases it.
 */
export class Subprocess {
  readonly platform: Platform;
  /** The process. Do not drive it while a guest of this address space is under way. */
  readonly stub: Stub;
  // Contexts whose last switch ended with a fault here.
  #faulted: Set<Context> | undefined;
  #released = false;

  /** @internal */
  constructor(platform: Platform, stub: Stub) {
    this.platform = platform;
    this.stub = stub;
  }

  get pid(): number {
    return this.stub.pid;
  }

  /** The thread in which guests run. @throws StateError where it was released or died. @internal */
  get thread(): Thread {
    this.#expectUsable();
    return this.stub.thread;
  }

  /**
   * Maps zeroed memory in the place of whatever is there.
   *
   * @param address a multiple of the page size.
   * @param length in bytes; rounded up to whole pages.
   * @throws MemoryError, SyscallError where the kernel refuses, StateError
   */
  mapAnonymous(address: number | bigint, length: number | bigint, protection: Protection): void {
    const { tracer } = this.platform;
    const flags = tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS");
    this.#map(pageRange(tracer, address, length), protection, flags, -1n, 0n);
  }

  /**
   * Maps a file, shared, in the place of whatever is there.
   *
   * @throws MemoryError, SyscallError where the kernel refuses, StateError
   */
  mapFile(
    address: number | bigint,
    length: number | bigint,
    protection: Protection,
    mapping: FileMapping,
  ): void {
    object(mapping, "mapping");
    const { offset = 0, populate = false } = mapping;
    const fd = BigInt(DESCRIPTOR(mapping.fd, "fd"));
    const { tracer } = this.platform;
    const flags = tracer.flag("MAP_SHARED") | (populate ? tracer.flag("MAP_POPULATE") : 0n);
    const range = pageRange(tracer, address, length);
    this.#map(range, protection, flags, fd, word(offset, "offset"));
  }

  #map(range: PageRange, protection: Protection, flags: bigint, fd: bigint, offset: bigint): void {
    this.#expectUsable();
    const { tracer } = this.platform;
    const fixed = flags | tracer.flag("MAP_FIXED");
    const prot = protectionFlags(tracer, protection);
    this.stub.call("mmap", range.start, range.length, prot, fixed, fd, offset);
  }

  /** Changes what may be done with whole pages. @throws MemoryError, SyscallError, StateError */
  protect(address: number | bigint, length: number | bigint, protection: Protection): void {
    this.#expectUsable();
    const { tracer } = this.platform;
    const range = pageRange(tracer, address, length);
    const prot = protectionFlags(tracer, protection);
    this.stub.call("mprotect", range.start, range.length, prot);
  }

  /** Unmaps whole pages; where nothing is mapped that is no error. @throws MemoryError, StateError */
  unmap(address: number | bigint, length: number | bigint): void {
    this.#expectUsable();
    const { start, length: bytes } = pageRange(this.platform.tracer, address, length);
    this.#forgetFaults(start, start + bytes);
    this.stub.call("munmap", start, bytes);
  }

  /** Reads guest memory. @throws MemoryError, StateError */
  read(address: number | bigint, length: number): Uint8Array {
    this.#expectUsable();
    return this.stub.read(address, length);
  }

  /** Writes guest memory, which has to be writable. @throws MemoryError, StateError */
  write(address: number | bigint, bytes: Uint8Array): void {
    this.#expectUsable();
    this.stub.write(address, bytes);
  }

  /**
   * A thread of this address space for another tracer (`Tracer.tid` there), to be posted to it and redeemed by
   * its `Platform.join`. Everybody then works in the same memory, each in a thread of its own. Those who
   * joined have to release before the address space is closed here.
   */
  ticket(tracerTid: number): ThreadTicket {
    this.#expectUsable();
    return this.stub.ticket(tracerTid);
  }

  /**
   * Unmaps everything and puts the process back into the pool; one that was joined is only let go. Releasing
   * a second time does nothing.
   *
   * @throws StateError where another tracer still has a thread of it: it is not released then.
   */
  release(): void {
    if (this.#released) return;
    expectUnshared(this.stub);
    this.#released = true;
    this.#forgetFaults(0n, BigInt(topOfUserSpace()));
    if (!this.stub.alive) return;
    if (this.stub.borrowed) {
      this.stub.close();
      return;
    }
    if (this.stub.thread.state !== "stopped") {
      // A guest that could not be stopped is nothing to hand out again.
      this.stub.close();
      return;
    }
    try {
      this.stub.scrub();
      this.platform.takeBack(this.stub);
    } catch (error) {
      if (!(error instanceof DeathError)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal */
  noteFault(context: Context, faulted: boolean): void {
    this.#faulted ??= new Set();
    if (faulted) this.#faulted.add(context);
    else this.#faulted.delete(context);
  }

  #forgetFaults(start: bigint, end: bigint): void {
    if (this.#faulted === undefined) return;
    for (const context of [...this.#faulted]) context.forgetFault(start, end);
  }

  #expectUsable(): void {
    if (this.#released) throw new StateError(`address space ${this.pid} was released`);
    if (!this.stub.alive) throw new StateError(`address space ${this.pid} is dead`);
  }
}
