import { isMainThread } from "node:worker_threads";
import { DeathError, InputError, StateError } from "../../lib/errors.ts";
import {
  bytes,
  checkOptions,
  list,
  nameOrNumber,
  oneOf,
  type Shape,
  show,
  truth,
} from "../../lib/shape.ts";
import type { Encoder } from "../encoder/abi.ts";
import { openAssemblyEncoder } from "../encoder/assembly.ts";
import { encoderOption, expectDriver } from "../encoder/driver.ts";
import { checkDeadline } from "../shim/records.ts";
import { CHILD_STEPS, type ChildStep, cloneStub, type Fork, forkStub, rehearse } from "./birth.ts";
import { throwAll } from "./end.ts";
import { allowCalls, FILTER_INSTRUCTION, MOST_INSTRUCTIONS } from "./filter.ts";
import { inject } from "./injection.ts";
import { Lanes, type StubLane } from "./lane.ts";
import { Stub, type StubRegistry } from "./stub.ts";
import { redeemTicket, type ThreadTicket } from "./thread_pool.ts";
import type { Thread } from "./tracee.ts";
import { LANES, type LaneOptions, type Signal, TracingThread } from "./tracing_thread.ts";

export interface TracerOptions extends LaneOptions {
  /** What `openEncoder` or `loadEncoderUnconfined` returns. Default: `openEncoder("assembly")`. */
  encoder?: Encoder | undefined;
  /** The deadline of a call, a switch or a birth's wait, in milliseconds; teardown has more patience. Default: 5000. */
  deadline?: number | undefined;
}

export interface StubOptions {
  /**
   * The signal that the parent gets when the stub ends, by name or number. With SIGCHLD, the default, a death is an
   * error; with SIGKILL, gVisor's choice, it also kills the parent, and so on up to the host.
   */
  exitSignal?: Signal | undefined;
  /** Steps of the forked child's set-up to leave out, for lessons and tests. */
  omit?: readonly ChildStep[] | undefined;
  /**
   * A seccomp filter for the stub and all its descendants: an array of struct sock_filter. Calls that births and the
   * tracer's lanes need are allowed before it.
   */
  filter?: Uint8Array | undefined;
}

/** "faithful" is gVisor's sequence of requests: an injection for each call. It has nothing of its own in a stub. */
export const STUB_LANES = new Lanes<StubLane>({
  staysInSession: false,
  clonesChildren: true,
  injector: (thread) => ({
    call: (number, args) => inject(thread, number, args).result,
    run(batch, first) {
      batch.inject(thread, first);
      return first + 1;
    },
    clone: ({ exitSignal }) => ({ threads: [cloneStub(thread, exitSignal)] }),
  }),
  allowedCalls: () => [],
});

/** Called with each stub that died. */
export type DeathListener = (stub: Stub) => unknown;

/** How often resting stubs are examined while there is a listener, in milliseconds. */
const WATCH_MILLISECONDS = 50;

/** The tracers of this JavaScript thread that are not closed. */
const open = new Set<Tracer>();

/** Closes the tracer at the end of the JavaScript thread if it is still open. */
function closeAtExit(tracer: Tracer): void {
  if (open.size === 0) process.on("exit", closeAll);
  open.add(tracer);
}

function noteClosed(tracer: Tracer): void {
  open.delete(tracer);
  if (open.size === 0) process.off("exit", closeAll);
}

function closeAll(): void {
  for (const tracer of open) {
    try {
      tracer.close();
    } catch {
      // No caller is left to report this to; EXITKILL ends the remaining stubs.
    }
  }
}

/** An array of struct sock_filter, of which only the length is checked: the kernel checks the instructions. */
const filterShape: Shape<Uint8Array> = (value, place) => {
  const filter = bytes(value, place);
  const { length } = filter;
  const whole = length > 0 && length % FILTER_INSTRUCTION === 0;
  if (whole && length <= MOST_INSTRUCTIONS * FILTER_INSTRUCTION) return filter;
  throw new InputError(
    `${place}: expected 1 to ${MOST_INSTRUCTIONS} instructions of ${FILTER_INSTRUCTION} bytes, got ${length} bytes`,
  );
};

const STUB_OPTIONS = {
  exitSignal: nameOrNumber,
  omit: list(oneOf(CHILD_STEPS), CHILD_STEPS.length),
  filter: filterShape,
};

export const LANE_OPTIONS = {
  lane: oneOf(LANES),
  bind: truth,
};

function openedEncoder(options: TracerOptions): Encoder {
  checkOptions(options, "options", {
    encoder: encoderOption,
    deadline: checkDeadline,
    ...LANE_OPTIONS,
  });
  return options.encoder === undefined ? openAssemblyEncoder() : expectDriver(options.encoder);
}

/**
 * The stubs that one OS thread traces.
 *
 * A tracer belongs to the JavaScript thread that made it. Close it before that thread ends; `using` does.
 *
 * @example
 * using tracer = new Tracer();
 * const master = tracer.createStub();
 * master.call("getppid"); // BigInt(process.pid)
 */
export class Tracer {
  /** The thread of the host that traces, with its encoder. */
  readonly host: TracingThread;
  readonly #stubs = new Map<number, Stub>();
  readonly #registry: StubRegistry;
  readonly #listeners = new Set<DeathListener>();
  #watch: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws UnsupportedError, InputError, EncoderError */
  constructor(options: TracerOptions = {}) {
    this.host = new TracingThread(openedEncoder(options), options.deadline ?? 5000, options);
    this.#registry = {
      stubs: this.#stubs,
      lane: STUB_LANES.of(this.host.lane),
      reportDeath: (stub) => this.#reportDeath(stub),
    };
    closeAtExit(this);
  }

  /** All live stubs, by pid. */
  get stubs(): ReadonlyMap<number, Stub> {
    return this.#stubs;
  }

  /**
   * Forks a stub from the host, attaches to it, and takes its initial registers.
   *
   * @throws ForkError, BirthError, AttachError, InputError; StateError from a worker thread with an exit
   * signal that would kill the process.
   */
  createStub(options: StubOptions = {}): Stub {
    checkOptions(options, "options", STUB_OPTIONS);
    return this.fork(options);
  }

  /** The same with options that are checked. @internal */
  fork(options: StubOptions): Stub {
    this.#expectOpen();
    const { omit, filter: given } = options;
    const { staysInSession: inSession, allowedCalls } = this.#registry.lane;
    const filter = given && allowCalls(this.host, given, allowedCalls(this.host));
    const exitSignal = this.host.parseExitSignal(options.exitSignal);
    const fork: Fork = { exitSignal, inSession, ...(omit && { omit }), ...(filter && { filter }) };
    if (this.host.isFatal(exitSignal)) {
      this.#expectMainThread(exitSignal);
      rehearse(this.host, fork);
    }
    const started = performance.now();
    const thread = forkStub(this.host, fork);
    this.host.shim.noteGroup(thread.tgid);
    return new Stub(this.#registry, thread, { exitSignal, started, inSession });
  }

  /** Registers a thread that the host forked as a stub. @internal */
  addStub(thread: Thread, exitSignal: number, started = performance.now()): Stub {
    return new Stub(this.#registry, thread, { exitSignal, started });
  }

  /**
   * Attaches to a thread of a stub whose first thread another tracer traces.
   *
   * @throws StateError if the ticket is for another tracer, InputError, AttachError
   */
  join(ticket: ThreadTicket): Stub {
    this.#expectOpen();
    const started = performance.now();
    return this.addStub(redeemTicket(this.host, ticket), this.host.constant("SIGCHLD"), started);
  }

  /**
   * Calls `listener` with each stub that dies without being closed; `stub.end` says how it ended. While there is a
   * listener, resting stubs are polled every 50 ms; that does not keep the process alive. An exception in a listener
   * becomes a process warning.
   *
   * @returns a function that removes the listener.
   */
  onDeath(listener: DeathListener): () => void {
    this.#expectOpen();
    if (typeof listener !== "function") {
      throw new InputError(`listener: expected a function, got ${show(listener)}`);
    }
    this.#listeners.add(listener);
    this.#watch ??= setInterval(() => this.#pollAll(), WATCH_MILLISECONDS).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stopWatching();
    };
  }

  /**
   * Ends and reaps every stub, whatever its exit signal; the host survives. After a failure all others are still ended,
   * and closing again tries what is left; closing a closed tracer does nothing.
   *
   * @throws StateError if another tracer still has a thread of a stub: nothing is closed then. CloseError if the end of
   * a stub would harm its parent; TraceError, DeadlineError; StopError, EncoderError of the execve that makes an end
   * harmless; CloseError with an AggregateError for several failures.
   */
  close(): void {
    for (const stub of this.#stubs.values()) stub.expectUnshared();
    this.#closed = true;
    this.#stopWatching();
    const roots = [...this.#stubs.values()].filter(({ parent }) => parent?.alive !== true);
    const failures = roots.flatMap((stub) => stub.endFamily());
    if (this.#stubs.size === 0) noteClosed(this);
    this.host.unbind();
    throwAll(failures);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #expectOpen(): void {
    if (this.#closed) throw new StateError("the tracer is closed");
  }

  #expectMainThread(exitSignal: number): void {
    if (isMainThread) return;
    throw new StateError(
      `a worker thread cannot fork stubs with exit signal ${this.host.signalName(exitSignal)}`,
      {
        remedy:
          "the kernel kills a stub when the thread that forked it ends, and that signal would then " +
          "kill the whole process; use SIGCHLD, or the main thread",
      },
    );
  }

  #pollAll(): void {
    for (const stub of [...this.#stubs.values()]) {
      if (!stub.thread.isReady) continue;
      try {
        stub.poll();
      } catch (error) {
        if (!(error instanceof DeathError)) process.emitWarning(String(error));
      }
    }
  }

  #reportDeath(stub: Stub): void {
    for (const listener of this.#listeners) void callListener(listener, stub);
  }

  #stopWatching(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

/** Calls a listener; what it throws or rejects with becomes a warning. */
async function callListener(listener: DeathListener, stub: Stub): Promise<void> {
  try {
    await listener(stub);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
