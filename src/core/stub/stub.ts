import { DeathError, StateError, type StubEnd, SyscallError } from "../../lib/errors.ts";
import { bytes, checkOptions, count, nameOrNumber } from "../../lib/shape.ts";
import { PAGE_SIZE } from "../shim/auxiliary_vector.ts";
import { attach } from "./attach.ts";
import { Batch } from "./batch.ts";
import { endProcess, endTracing, reapZombie, throwAll } from "./end.ts";
import {
  inject,
  type ObservedCall,
  observe,
  type SyscallArgument,
  type SyscallResult,
} from "./injection.ts";
import type { Injector, StubLane } from "./lane.ts";
import { allocate, checkRange, readMemory, writeMemory } from "./memory.ts";
import { ThreadPool, type ThreadTicket } from "./thread_pool.ts";
import type { Thread } from "./tracee.ts";
import type { Signal, Syscall, TracingThread } from "./tracing_thread.ts";
import { topOfUserSpace } from "./user_space.ts";

/** The live stubs of a tracer, how they are driven, and the report of a death. */
export interface StubRegistry {
  readonly lane: StubLane;
  readonly stubs: Map<number, Stub>;
  reportDeath(stub: Stub): void;
}

/** How a stub was made. */
export interface Birth {
  /** The stub whose child it is; undefined for a child of the host. */
  readonly parent?: Stub;
  readonly exitSignal: number;
  /** `performance.now()` before its clone. */
  readonly started: number;
  /** The stub that cloned it as a child of the host, so that it has not executed the stub code. */
  readonly cloner?: Stub;
  /** Whether it leads a process group of the host's session, not a session of its own. */
  readonly inSession?: boolean;
}

/** Options of `Stub.createStub`. */
export interface CloneOptions {
  /** The signal that this stub gets when the new one ends, by name or number. Default: the exit signal of this stub. */
  exitSignal?: Signal | undefined;
}

/** Bytes of a mapping. */
const LENGTH = count(Number.MAX_SAFE_INTEGER, 1);

const NONE: ReadonlySet<Stub> = new Set();

/** A stub process: the master, or a grandchild that another stub cloned. */
export class Stub {
  readonly tracer: TracingThread;
  /** Its first thread, or this tracer's own thread of a borrowed stub. */
  readonly thread: Thread;
  /** The stub whose child it is; undefined for a child of the host. */
  readonly parent: Stub | undefined;
  /** The number of the signal that its parent gets when it ends. */
  readonly exitSignal: number;
  /** The duration of its birth, from the clone to the initial registers. */
  readonly microseconds: number;
  /** Executes calls in it by the lane of its tracer. @internal */
  readonly injector: Injector;
  /** Why there is more in it than the stub code; undefined if there is not. @internal */
  extras: string | undefined;
  readonly #registry: StubRegistry;
  // Allocated on demand: most of the stubs, which may be thousands, have no children.
  #children: Set<Stub> | undefined;
  /** The stub that the host forked, whose session or process group it shares. @internal */
  readonly leader: Stub;
  /** Whether its session is the host's. @internal */
  readonly inSession: boolean;
  /** Children that ended while this one was not traced, and could not reap them. */
  #zombies: number[] | undefined;
  // The stub code sets the death signal.
  #hasDeathSignal: boolean;
  #pool: ThreadPool | undefined;

  /** @internal */
  constructor(registry: StubRegistry, thread: Thread, birth: Birth) {
    const { parent, exitSignal, started, cloner, inSession = false } = birth;
    this.tracer = thread.tracer;
    this.thread = thread;
    this.parent = parent;
    this.exitSignal = exitSignal;
    this.microseconds = Math.round((performance.now() - started) * 1000);
    this.injector = registry.lane.injector(thread);
    this.#registry = registry;
    this.leader = (parent ?? cloner)?.leader ?? this;
    this.inSession = this.leader === this ? inSession : this.leader.inSession;
    this.#hasDeathSignal = cloner === undefined;
    registry.stubs.set(this.pid, this);
    if (parent !== undefined) {
      parent.#children ??= new Set();
      parent.#children.add(this);
    }
  }

  get pid(): number {
    return this.thread.tgid;
  }

  /** Whether another tracer traces the first thread, and this tracer a thread of its own. */
  get borrowed(): boolean {
    return this.thread.tid !== this.thread.tgid;
  }

  get alive(): boolean {
    return this.thread.state.name !== "dead";
  }

  /** How it ended; undefined while it lives. */
  get end(): StubEnd | undefined {
    return this.thread.end;
  }

  /** The live stubs that this one cloned. */
  get children(): ReadonlySet<Stub> {
    return this.#children ?? NONE;
  }

  /** Whether it runs another program after an injected execve, so that its stub code is gone. */
  get replaced(): boolean {
    return this.thread.replaced;
  }

  /**
   * Executes one system call in the stub. An errno is a result, not an error.
   *
   * @param call a name such as "getpid", or a number.
   * @param args up to six integers from -2^63 to 2^64 - 1; negative ones are taken modulo 2^64.
   * @throws DeathError if the stub dies of it, StopError if a signal stops it, DeadlineError if the call does not
   * return in time (the stub is then stopped, and can be used again), StateError, InputError.
   */
  inject(call: Syscall, ...args: SyscallArgument[]): SyscallResult {
    return this.#inject(call, args);
  }

  #inject(call: Syscall, args: readonly SyscallArgument[]): SyscallResult {
    try {
      return this.injector.call(this.tracer.syscallNumber(call), args);
    } finally {
      this.forgetIfDead();
    }
  }

  /** The same with the registers before and after the call. */
  observe(call: Syscall, ...args: SyscallArgument[]): ObservedCall {
    try {
      return observe(this.thread, this.tracer.syscallNumber(call), args);
    } finally {
      this.forgetIfDead();
    }
  }

  /** The same for a call that must succeed: returns its value. @throws SyscallError if it returns an errno. */
  call(call: Syscall, ...args: SyscallArgument[]): bigint {
    return this.#expectValue(call, this.#inject(call, args));
  }

  #expectValue(call: Syscall, { value, errno }: SyscallResult): bigint {
    if (errno === null) return value;
    const name = typeof call === "string" ? call : `system call ${call}`;
    throw new SyscallError(`${name} in stub ${this.pid} failed with ${errno}`, {
      call: String(call),
      errno,
    });
  }

  /** System calls that are executed together, in as few trips to the stub as the tracer's lane allows. */
  batch(): Batch {
    return this.batchAfter(() => {});
  }

  /** The same, with something to do before each run. @internal */
  batchAfter(prepare: () => void): Batch {
    const { injector } = this;
    return new Batch(
      this.tracer,
      (batch, first) => injector.run(batch, first),
      (run) => {
        prepare();
        try {
          run();
        } finally {
          this.forgetIfDead();
        }
      },
    );
  }

  /** Clones a stub from this one, traced by the same tracer. @throws what `inject` throws, BirthError, AttachError */
  createStub(options: CloneOptions = {}): Stub {
    checkOptions(options, "options", { exitSignal: nameOrNumber });
    const { exitSignal } = options;
    const { stubs, failure } = this.createMany(
      1,
      exitSignal === undefined ? this.exitSignal : this.tracer.parseExitSignal(exitSignal),
    );
    const [stub] = stubs;
    if (stub === undefined) throw failure;
    return stub;
  }

  /**
   * Clones up to `count` stubs: returns at least one, and what prevented others.
   *
   * @throws what `createStub` throws @internal
   */
  createMany(
    count: number,
    exitSignal = this.exitSignal,
  ): { readonly stubs: readonly Stub[]; readonly failure?: unknown } {
    const started = performance.now();
    const request = { count, exitSignal, ownExitSignal: this.exitSignal };
    try {
      const { threads, failure } = this.injector.clone(request);
      const { clonesChildren } = this.#registry.lane;
      const birth = {
        exitSignal,
        started,
        ...(clonesChildren ? { parent: this } : { cloner: this }),
      };
      return { stubs: threads.map((thread) => new Stub(this.#registry, thread, birth)), failure };
    } finally {
      this.forgetIfDead();
    }
  }

  /** Takes a thread that this stub cloned as its child. @internal */
  addChild(thread: Thread, exitSignal: number, started = performance.now()): Stub {
    return new Stub(this.#registry, thread, { parent: this, exitSignal, started });
  }

  /** The registers of the stub at rest, by name. */
  registers(): Record<string, bigint> {
    return this.thread.makeStopped().registers();
  }

  /** Maps `length` zero bytes, readable and writable, at an address of the kernel's choice; returns the address. */
  map(length: number): bigint {
    LENGTH(length, "length");
    const { tracer } = this;
    const protection = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
    const flags = tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS");
    return this.call("mmap", 0, length, protection, flags, -1, 0);
  }

  /** Unmaps everything but the stub code. */
  scrub(): void {
    const start = this.tracer.stubAddress;
    const end = start + PAGE_SIZE;
    this.#unmap(0, start);
    if (end < topOfUserSpace()) this.#unmap(end, topOfUserSpace() - end);
    if (this.#pool === undefined) this.injector.emptied?.();
  }

  /** By an injection, because what the lane has in the stub is unmapped, too. */
  #unmap(start: number, length: number): void {
    const { thread, tracer } = this;
    try {
      const { result } = inject(thread, tracer.syscallNumber("munmap"), [start, length]);
      this.#expectValue("munmap", result);
    } finally {
      this.forgetIfDead();
    }
  }

  /** Reads `length` bytes of the stub's memory. @throws MemoryError, InputError, StateError */
  read(address: number | bigint, length: number): Uint8Array {
    this.#expectHalted();
    const start = checkRange(address, length);
    const read = allocate(length);
    readMemory(this.thread, start, read);
    return read;
  }

  /** Writes to the stub's memory, but not to its stub code. @throws MemoryError, InputError, StateError */
  write(address: number | bigint, data: Uint8Array): void {
    this.#expectHalted();
    const { length } = bytes(data, "data");
    const start = checkRange(address, length, this.tracer.stubAddress);
    writeMemory(this.thread, start, data);
  }

  #expectHalted(): void {
    if (this.thread.state.name !== "waiting") this.thread.makeStopped();
  }

  /**
   * Checks, without waiting, whether the stub died while it rested.
   *
   * @throws DeathError if it did. With the exit signal SIGKILL, its parent dies now, too.
   */
  poll(): void {
    try {
      this.thread.poll();
    } finally {
      this.forgetIfDead();
    }
  }

  /** Whether it dies with its parent also while it is not traced. @internal */
  get hasDeathSignal(): boolean {
    return this.#hasDeathSignal;
  }

  /** Stops tracing the stub; it stays stopped, and ends with the thread that made its tracer. */
  detach(): void {
    if (!this.#hasDeathSignal) {
      const { tracer } = this;
      this.call("prctl", tracer.flag("PR_SET_PDEATHSIG"), tracer.constant("SIGKILL"));
      this.#hasDeathSignal = true;
    }
    this.thread.makeStopped().detach();
  }

  /** Traces the stub again after a detach. @throws AttachError; DeathError if it has ended */
  attach(): void {
    this.thread.expect("detached");
    try {
      this.thread.expectAlive();
      attach(this.thread);
      for (const zombie of this.#zombies?.splice(0) ?? []) reapZombie(this.thread, zombie);
    } finally {
      this.forgetIfDead();
    }
  }

  /**
   * Returns a ticket for a thread of this stub, to be posted to the tracer with the tid `tracerTid`, which joins with
   * it. A tracer gets the same thread each time; the thread of a tracer that has ended is reused.
   *
   * @throws SyscallError, StateError, InputError
   */
  ticket(tracerTid: number): ThreadTicket {
    if (this.replaced) throw new StateError(`stub ${this.pid} runs another program`);
    this.injector.share?.();
    this.#pool ??= new ThreadPool(this.thread);
    return this.#pool.issue(tracerTid);
  }

  /** @throws StateError if another tracer has a thread of this stub. @internal */
  expectUnshared(): void {
    this.#pool?.expectUnshared();
  }

  /**
   * Ends the stub with its children, and reaps them. A borrowed stub is only detached.
   *
   * @throws StateError if another tracer still has a thread of it; CloseError if its end would harm its parent.
   */
  close(): void {
    this.expectUnshared();
    throwAll(this.endFamily());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Ends children first, so that their parent can reap them. Goes on after a failure; returns all. @internal */
  endFamily(): unknown[] {
    const failures = [...this.children].flatMap((child) => child.endFamily());
    try {
      if (this.borrowed) endTracing(this.thread);
      else endProcess(this.thread, this.exitSignal, this.parent === undefined);
      this.forgetIfDead();
    } catch (error) {
      failures.push(error);
    }
    return failures;
  }

  /** Removes a dead stub from the family, and makes its parent reap it. @internal */
  forgetIfDead(): void {
    const { stubs } = this.#registry;
    if (this.alive || !stubs.delete(this.pid)) return;
    const { parent } = this;
    if (parent !== undefined) parent.#children?.delete(this);
    this.#reapByParent();
    if (!this.thread.closed) this.#registry.reportDeath(this);
  }

  /** A stub that its tracer has reaped stays a zombie until its parent reaps it, too. */
  #reapByParent(): void {
    const { parent } = this;
    if (parent === undefined || parent.replaced) return;
    if (!parent.thread.isReady) {
      parent.#zombies ??= [];
      parent.#zombies.push(this.pid);
      return;
    }
    // SIGKILL is about to end the parent, which is an event of its own.
    if (this.exitSignal === this.tracer.constant("SIGKILL") && !this.replaced) return;
    try {
      reapZombie(parent.thread, this.pid);
    } catch (error) {
      if (!(error instanceof DeathError)) throw error;
    }
  }
}
