import { encodeFilter } from "../bpf/encode.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { DeathError, StateError } from "../errors.ts";
import { object } from "../shape.ts";
import type { Stub } from "../stub/stub.ts";
import type { ThreadTicket } from "../stub/ticket.ts";
import { Tracer } from "../stub/tracer.ts";
import { Context } from "./context.ts";
import { Subprocess } from "./subprocess.ts";
import { freshXstate } from "./xstate_amd64.ts";

export interface PlatformOptions {
  /** An encoder, or the name of one of stublab's own. Default: "assembly". */
  encoder?: string | Encoder;
  /** The deadline of every wait, and of a switch that has none of its own, in milliseconds. Default: 5000. */
  deadline?: number;
  /** As for a stub: SIGCHLD, the default, makes a death an error; SIGKILL, the original's, ends all. */
  exitSignal?: string | number;
  /** Whether stubs run under a filter that allows only what is injected. Default: true. */
  seccomp?: boolean;
  /** Whether guests run on the processor that their tracer runs on. Default: true. */
  bind?: boolean;
}

/** The most room that the XSAVE area of a processor takes: AMX's tiles and some. */
const LARGEST_XSTATE = 16 << 10;

/** How long a stub counts as alive that has just been unmapped: asking costs a system call. */
const FRESH_MILLISECONDS = 0.1;

/**
 * A master and a pool: address spaces in which guests run.
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
  /** Whether guests follow their tracer from processor to processor. */
  readonly bind: boolean;
  /** The XSAVE area of a new process: what every context begins with. Length and layout are the kernel's. */
  readonly initialXstate: Uint8Array;
  readonly #pool: { readonly stub: Stub; readonly since: number }[] = [];
  #closed = false;

  private constructor(tracer: Tracer, master: Stub, bind: boolean) {
    this.tracer = tracer;
    this.master = master;
    this.bind = bind;
    const area = new Uint8Array(LARGEST_XSTATE);
    this.initialXstate = freshXstate(tracer, area.subarray(0, master.thread.readXstate(area)));
  }

  /**
   * Forks the master and unmaps it.
   *
   * @throws what `Tracer` and `createStub` throw.
   */
  static open(options: PlatformOptions = {}): Platform {
    object(options, "options");
    const { encoder, deadline, exitSignal = "SIGCHLD", seccomp = true, bind = true } = options;
    const tracer = new Tracer({
      ...(encoder !== undefined && { encoder }),
      ...(deadline !== undefined && { deadline }),
    });
    try {
      const filter = seccomp
        ? encodeFilter(tracer.encoder, tracer.exitSignal(exitSignal))
        : undefined;
      const master = tracer.createStub({ exitSignal, ...(filter !== undefined && { filter }) });
      master.scrub();
      return new Platform(tracer, master, bind);
    } catch (error) {
      tracer.close();
      throw error;
    }
  }

  /** An empty address space: from the pool if one waits there, else a grandchild of the master. */
  newAddressSpace(): Subprocess {
    if (this.#closed) throw new StateError("the platform is closed");
    for (let waiting = this.#pool.pop(); waiting !== undefined; waiting = this.#pool.pop()) {
      if (isUsable(waiting.stub, waiting.since)) return new Subprocess(this, waiting.stub);
    }
    return new Subprocess(this, this.master.createStub());
  }

  /** An address space whose first thread another platform traces: see `Subprocess.ticket`. */
  join(ticket: ThreadTicket): Subprocess {
    if (this.#closed) throw new StateError("the platform is closed");
    return new Subprocess(this, this.tracer.join(ticket));
  }

  /** The state of a new guest: all registers zero, floating point as at the start of a process. */
  newContext(): Context {
    if (this.#closed) throw new StateError("the platform is closed");
    return new Context(this);
  }

  /** How many address spaces wait in the pool. */
  get pooled(): number {
    return this.#pool.length;
  }

  /** @internal */
  takeBack(stub: Stub): void {
    this.#pool.push({ stub, since: performance.now() });
  }

  /**
   * Ends every process of the platform. The caller lives on.
   *
   * @throws StateError where another tracer still has a thread of an address space: nothing is closed then.
   */
  close(): void {
    this.tracer.close();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Whether a stub that waited in the pool still lives, as far as its tracer can know. */
function isUsable(stub: Stub, since: number): boolean {
  try {
    if (stub.alive && performance.now() - since > FRESH_MILLISECONDS) stub.poll();
    return stub.alive;
  } catch (error) {
    if (error instanceof DeathError) return false;
    throw error;
  }
}
