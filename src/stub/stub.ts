import type { RegisterBlock } from "../encoder/block.ts";
import { StateError, SyscallError } from "../errors.ts";
import { bytes, object } from "../shape.ts";
import { PAGE_SIZE } from "./amd64.ts";
import { attach, cloneStub } from "./birth.ts";
import { allocate, checkRange, readMemory, writeMemory } from "./memory.ts";
import { endStub, reapByParent } from "./teardown.ts";
import type { SyscallArgument, SyscallResult, Thread } from "./thread.ts";
import { expectUnshared, issueTicket, type ThreadTicket } from "./ticket.ts";
import type { Tracer } from "./tracer.ts";
import { topOfUserSpace } from "./user_space.ts";

/** An injected call, its answer, and the registers around it. */
export interface ObservedCall {
  readonly result: SyscallResult;
  /** The frame, as the encoder wrote it. */
  readonly before: Record<string, bigint>;
  /** The registers at the INT3 after the call. */
  readonly after: Record<string, bigint>;
}

const NONE: ReadonlySet<Stub> = new Set();

/** A stub process: the master, or a grandchild that another stub cloned. */
export class Stub {
  readonly tracer: Tracer;
  readonly thread: Thread;
  /** The stub that cloned this one; undefined for one forked from the host. */
  readonly parent: Stub | undefined;
  readonly exitSignal: number;
  /** How long its birth took, from the clone to the initial registers. */
  readonly microseconds: number;
  /** The thread of each other tracer that uses the stub, by that tracer's tid; made for the first. @internal */
  threads: Map<number, number> | undefined;
  #replaced = false;
  // Most stubs never have any, and there may be thousands.
  #children: Set<Stub> | undefined;

  /** @internal */
  constructor(thread: Thread, parent: Stub | undefined, exitSignal: number, milliseconds: number) {
    this.tracer = thread.tracer;
    this.thread = thread;
    this.parent = parent;
    this.exitSignal = exitSignal;
    this.microseconds = Math.round(milliseconds * 1000);
    this.tracer.stubs.set(this.pid, this);
    parent?.adopt(this);
  }

  get pid(): number {
    return this.thread.tgid;
  }

  /** Whether another tracer has the first thread, and this one a thread of its own. */
  get borrowed(): boolean {
    return this.thread.tid !== this.thread.tgid;
  }

  get alive(): boolean {
    return this.thread.state !== "dead";
  }

  /** The stubs that this one cloned and that live. */
  get children(): ReadonlySet<Stub> {
    return this.#children ?? NONE;
  }

  /** Whether it runs another program since an injected execve: its stub code is gone. */
  get replaced(): boolean {
    return this.#replaced;
  }

  /**
   * Executes one system call in the stub. An errno is an answer, not an error.
   *
   * @param call a name such as "getpid", or a number.
   * @param args up to six integers from -2^63 to 2^64 - 1; negative ones are taken modulo 2^64.
   * @throws DeathError where the stub dies of it, StopError where a signal stops it, DeadlineError where
   * it does not return in time (the stub is stopped then, and can be used again), InputError.
   */
  inject(call: string | number | bigint, ...args: SyscallArgument[]): SyscallResult {
    return this.#inject(call, args);
  }

  #inject(
    call: string | number | bigint,
    args: readonly SyscallArgument[],
    setUp?: (frame: RegisterBlock) => void,
  ): SyscallResult {
    this.#expectStubCode();
    const { tracer, thread } = this;
    try {
      const result = thread.inject(tracer.syscallNumber(call), args, setUp);
      this.#replaced = thread.hasLeft;
      return result;
    } finally {
      this.forgetIfDead();
    }
  }

  /** The same, with the registers that the call began with and those that it left. */
  observe(call: string | number | bigint, ...args: SyscallArgument[]): ObservedCall {
    let before: Record<string, bigint> = {};
    const result = this.#inject(call, args, (frame) => {
      before = frame.dump();
    });
    return { result, before, after: this.tracer.frame.dump() };
  }

  /** Executes a system call that has to succeed. @throws SyscallError where it returns an errno. */
  call(call: string | number | bigint, ...args: SyscallArgument[]): bigint {
    const { value, errno } = this.#inject(call, args);
    if (errno === null) return value;
    throw new SyscallError(`${call} in stub ${this.pid} failed with ${errno}`, {
      call: String(call),
      errno,
    });
  }

  /**
   * Clones another stub from this one: its child, traced by the same tracer.
   *
   * @param exitSignal what this stub gets when the new one ends. Default: this one's own.
   */
  createStub(options: { exitSignal?: string | number } = {}): Stub {
    this.#expectStubCode();
    object(options, "options");
    const { exitSignal } = options;
    const number = exitSignal === undefined ? this.exitSignal : this.tracer.exitSignal(exitSignal);
    const started = performance.now();
    try {
      return new Stub(cloneStub(this.thread, number), this, number, performance.now() - started);
    } finally {
      this.forgetIfDead();
    }
  }

  /** The registers of the stub at rest, by name. */
  registers(): Record<string, bigint> {
    return this.thread.registers();
  }

  /** Maps `length` zero bytes, readable and writable, where the kernel likes; returns their address. */
  map(length: number): bigint {
    const { tracer } = this;
    const protection = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
    const flags = tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS");
    return this.call("mmap", 0, length, protection, flags, -1, 0);
  }

  /** Unmaps everything but the stub code. */
  scrub(): void {
    const start = this.tracer.stubAddress;
    const end = start + PAGE_SIZE;
    this.call("munmap", 0, start);
    if (end < topOfUserSpace()) this.call("munmap", end, topOfUserSpace() - end);
  }

  /** Reads `length` bytes of the stub's memory. @throws MemoryError */
  read(address: number | bigint, length: number): Uint8Array {
    this.thread.expect("stopped");
    const start = checkRange(address, length);
    const read = allocate(length);
    readMemory(this.tracer.shim, this.pid, start, read);
    return read;
  }

  /** Writes to the stub's memory, but not to its stub code. @throws MemoryError */
  write(address: number | bigint, data: Uint8Array): void {
    this.thread.expect("stopped");
    const { length } = bytes(data, "data");
    const start = checkRange(address, length, this.tracer.stubAddress);
    writeMemory(this.tracer.shim, this.pid, start, data);
  }

  /**
   * Looks whether the stub died while it rested, without waiting.
   *
   * @throws DeathError if it did. With SIGKILL as exit signal the parent dies of it now.
   */
  poll(): void {
    try {
      this.thread.poll();
    } finally {
      this.forgetIfDead();
    }
  }

  /** Lets the stub go: it is no longer traced, and stays stopped. */
  detach(): void {
    this.thread.detach();
  }

  /** Traces the stub again after a detach. @throws AttachError; DeathError if it has ended */
  attach(): void {
    this.thread.expect("untraced");
    try {
      this.thread.expectAlive();
      attach(this.thread);
    } finally {
      this.forgetIfDead();
    }
  }

  /**
   * A thread of this stub for another tracer, by the tid of that one: post it there, and let it `join`.
   * A tracer keeps its thread; that of a tracer whose thread ended is used again.
   *
   * @throws SyscallError, StateError
   */
  ticket(tracerTid: number): ThreadTicket {
    this.#expectStubCode();
    return issueTicket(this, tracerTid);
  }

  /**
   * Ends the stub, and every stub that it cloned, and reaps them. One that is borrowed is let go.
   *
   * @throws StateError where another tracer still has a thread of it.
   */
  close(): void {
    expectUnshared(this);
    endStub(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes a dead stub out of the family, and has its parent reap it. @internal */
  forgetIfDead(): void {
    if (this.alive || !this.tracer.stubs.delete(this.pid)) return;
    this.parent?.disown(this);
    reapByParent(this);
  }

  #expectStubCode(): void {
    if (!this.#replaced) return;
    throw new StateError(`stub ${this.pid} runs another program: its stub code is gone`);
  }

  /** @internal */
  adopt(child: Stub): void {
    this.#children ??= new Set();
    this.#children.add(child);
  }

  /** @internal */
  disown(child: Stub): void {
    this.#children?.delete(child);
  }
}
