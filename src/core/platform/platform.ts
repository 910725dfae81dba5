import { DeathError, InputError, StateError } from "../../lib/errors.ts";
import { checkOptions, count, nameOrNumber, type OptionShapes, truth } from "../../lib/shape.ts";
import type { Encoder } from "../encoder/abi.ts";
import { encoderOption } from "../encoder/driver.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { checkDeadline } from "../shim/records.ts";
import { encodeFilter } from "../stub/filter.ts";
import type { Stub } from "../stub/stub.ts";
import type { ThreadTicket } from "../stub/thread_pool.ts";
import { LANE_OPTIONS, Tracer } from "../stub/tracer.ts";
import { DEFAULT_LANE, type LaneOptions, type Signal } from "../stub/tracing_thread.ts";
import { Context } from "./context.ts";
import { RUNNERS, type Runner, type Runners } from "./runner.ts";
import { notShared, Subprocess } from "./subprocess.ts";

export interface PlatformOptions extends LaneOptions {
  /** What `openEncoder` or `loadEncoderUnconfined` returns. Default: `openEncoder("assembly")`. */
  encoder?: Encoder | undefined;
  /** The deadline of every wait, and the default of a switch, in milliseconds. Default: 5000. */
  deadline?: number | undefined;
  /**
   * As for a stub: with SIGCHLD, the default, a death is an error; with SIGKILL, gVisor's choice, it ends all
   * processes.
   */
  exitSignal?: Signal | undefined;
  /** Whether stubs run under a filter that allows only the calls that the tracer injects. Default: true. */
  seccomp?: boolean | undefined;
}

export const PLATFORM_OPTIONS: OptionShapes<PlatformOptions> = {
  encoder: encoderOption,
  deadline: checkDeadline,
  exitSignal: nameOrNumber,
  seccomp: truth,
  ...LANE_OPTIONS,
};

const STUBS = count(2 ** 22);

/**
 * A master and a pool: it hands out subprocesses, the address spaces in which guests run.
 *
 * A platform belongs to the JavaScript thread that opened it. Close it before that thread ends.
 *
 * @example
 * using platform = Platform.open();
 * using space = platform.newAddressSpace();
 * space.mapAnonymous(0x10000, 4096, "rwx");
 */
export class Platform {
  readonly tracer: Tracer;
  readonly master: Stub;
  /** The `Context.xstate` that every context begins with: that of a new process, with the kernel's length and layout. */
  readonly initialXstate: Uint8Array;
  /** Runners of scrubbed stubs: released subprocesses that wait for reuse. */
  readonly #pool: Runner[] = [];
  readonly #runners: Runners;
  #closed = false;

  private constructor(tracer: Tracer, master: Stub) {
    if (!(tracer instanceof Tracer)) throw new InputError("use Platform.open()");
    this.tracer = tracer;
    this.master = master;
    this.#runners = RUNNERS.of(tracer.host.lane);
    const area = new Uint8Array(HOST_MACHINE.largestXstate);
    this.initialXstate = area.slice(
      0,
      master.thread.makeStopped().freshXstate(area, HOST_MACHINE.components),
    );
  }

  /**
   * Forks the master and unmaps it.
   *
   * @throws what `Tracer` and `createStub` throw.
   */
  static open(options: PlatformOptions = {}): Platform {
    checkOptions(options, "options", PLATFORM_OPTIONS);
    const { exitSignal = "SIGCHLD", seccomp = true, ...driving } = options;
    const runners = RUNNERS.of(driving.lane ?? DEFAULT_LANE);
    runners.expectPossible?.(seccomp);
    const tracer = new Tracer(driving);
    try {
      const filter =
        seccomp && !runners.filtersItself
          ? encodeFilter(tracer.host.encoder, tracer.host.parseExitSignal(exitSignal))
          : undefined;
      const master = tracer.fork({ exitSignal, filter });
      master.scrub();
      const platform = new Platform(tracer, master);
      if (runners.needsTrial) platform.newAddressSpace().release();
      return platform;
    } catch (error) {
      tracer.close();
      throw error;
    }
  }

  /** Returns an empty subprocess: from the pool if it has one, else a new grandchild. */
  newAddressSpace(): Subprocess {
    this.#expectOpen();
    return new Subprocess(this.#takeRunner(), this.#pool);
  }

  /**
   * Makes `stubs` subprocesses for the pool. With the lane "fast", one turn of the master makes hundreds.
   *
   * @throws what `newAddressSpace` throws: the pool then has those that were made before.
   */
  prefill(stubs: number): void {
    this.#expectOpen();
    STUBS(stubs, "stubs");
    for (let left = stubs; left > 0; ) {
      const { stubs: made, failure } = this.master.createMany(left);
      this.#fill(made);
      if (failure !== undefined) throw failure;
      left -= made.length;
    }
  }

  /** Puts stubs into the pool. If one cannot run guests, those after it are closed. */
  #fill(stubs: readonly Stub[]): void {
    const left = [...stubs].reverse();
    try {
      for (let stub = left.pop(); stub !== undefined; stub = left.pop()) {
        this.#pool.push(this.#runnerOf(stub));
      }
    } finally {
      for (const stub of left) stub.close();
    }
  }

  /** A subprocess whose first thread another platform traces: see `Subprocess.ticket`. */
  join(ticket: ThreadTicket): Subprocess {
    this.#expectOpen();
    if (!this.#runners.canShare) throw notShared();
    return new Subprocess(this.#runnerOf(this.tracer.join(ticket)), this.#pool);
  }

  /** The state of a new guest: all registers zero, floating point as at the start of a process. */
  newContext(): Context {
    this.#expectOpen();
    return new Context(this.tracer.host, this.initialXstate);
  }

  /** How many subprocesses wait in the pool. */
  get pooled(): number {
    return this.#pool.length;
  }

  /**
   * Ends every process of the platform, but not the caller.
   *
   * @throws StateError if another tracer still has a thread of a subprocess: nothing is closed then.
   */
  close(): void {
    this.tracer.close();
    this.#pool.length = 0;
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A runner of the pool, else a new one. */
  #takeRunner(): Runner {
    for (let next = this.#pool.pop(); next !== undefined; next = this.#pool.pop()) {
      if (isUsable(next)) return next;
    }
    return this.#runnerOf(this.master.createStub());
  }

  /** The runner of a stub, which is closed if there can be none. */
  #runnerOf(stub: Stub): Runner {
    try {
      return this.#runners.open(stub, this.initialXstate);
    } catch (error) {
      stub.close();
      throw error;
    }
  }

  #expectOpen(): void {
    if (this.#closed) throw new StateError("the platform is closed");
  }
}

/** Whether a stub lives, and no SIGKILL is on its way: one ptrace request. */
function isUsable({ stub }: Runner): boolean {
  try {
    if (stub.alive) stub.poll();
    return stub.alive;
  } catch (error) {
    if (error instanceof DeathError) return false;
    throw error;
  }
}
