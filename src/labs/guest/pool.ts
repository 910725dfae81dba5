// Guests in worker threads, whose caller does not wait.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type InterruptHandle, interruptGuest } from "../../core/platform/context.ts";
import { PLATFORM_OPTIONS, type PlatformOptions } from "../../core/platform/platform.ts";
import { errorOf, type Failure, StateError, StublabError } from "../../lib/errors.ts";
import { limitError } from "../../lib/limits.ts";
import { checkOptions, count, object } from "../../lib/shape.ts";
import type { Input } from "./files.ts";
import type { GuestProgram } from "./image.ts";
import type { Limits } from "./limits.ts";
import { checkProgram, DATA_OPTIONS } from "./options.ts";
import type { GuestRun } from "./run.ts";
import type { Start } from "./stack.ts";

export interface GuestPoolOptions {
  /** How many guests run at a time: each in a thread with a platform of its own. Default: one for each processor. */
  workers?: number | undefined;
  /** The options of the platforms. */
  platform?: PooledPlatformOptions | undefined;
}

/** An encoder cannot be posted to a thread. */
export type PooledPlatformOptions = Omit<PlatformOptions, "encoder">;

/** How a pool runs a guest: see `GuestOptions`. */
export interface PooledGuestOptions extends Start, Input, Limits {
  /** How many bytes of each output are kept. Default: 1 MiB. */
  output?: number | undefined;
  /** When it is aborted, the guest ends, even if it spins, or does not start; `run` rejects with its reason. */
  signal?: AbortSignal | undefined;
}

/** The result of `GuestPool.run`. */
export interface PooledGuestRun extends GuestRun {
  /** What it wrote to its outputs. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** How many more bytes of each were discarded. */
  readonly omitted: { readonly stdout: number; readonly stderr: number };
}

/** What a worker gets, and each of its answers: the guest's handle before its first instruction, and the end. */
export interface Order {
  readonly program: GuestProgram;
  readonly options: Omit<PooledGuestOptions, "signal" | "output">;
  readonly output: number;
}
export type Answer =
  | { readonly handle: InterruptHandle }
  | { readonly run: PooledGuestRun }
  | Failure;

/** A run that waits for a worker, or for its end. */
interface Task {
  readonly order: Order;
  readonly settle: (run: PooledGuestRun) => void;
  readonly fail: (error: unknown) => void;
  worker?: GuestWorker;
}

const MOST_WORKERS = 1024;
const DEFAULT_OUTPUT = 1 << 20;

/**
 * Runs guests in worker threads: several at a time, and none blocks its caller. Threads start with the first runs that
 * need them. Idle ones do not keep the process alive.
 *
 * @example
 * await using guests = new GuestPool({ workers: 4 });
 * const { result, stdout } = await guests.run({ elf }, { args: ["wc"], stdin, time: 100, signal });
 */
export class GuestPool {
  readonly #most: number;
  readonly #platform: PooledPlatformOptions;
  readonly #workers = new Set<GuestWorker>();
  readonly #waiting = new Set<Task>();
  #closed = false;

  /** @throws InputError */
  constructor(options: GuestPoolOptions = {}) {
    checkOptions(options, "options", { workers: count(MOST_WORKERS, 1), platform: object });
    const { workers = availableParallelism(), platform = {} } = options;
    const { encoder, ...postable } = PLATFORM_OPTIONS;
    checkOptions(platform, "options.platform", postable);
    this.#most = workers;
    this.#platform = platform;
  }

  /**
   * Runs a guest to its end, when a worker is free. The deadline begins with the guest.
   *
   * @throws what `runGuest` throws, as an InputError or a StublabError with its code; StateError if the pool is closed;
   * UnsupportedError if a thread cannot start; the reason of `options.signal`.
   */
  async run(program: GuestProgram, options: PooledGuestOptions = {}): Promise<PooledGuestRun> {
    checkProgram(program);
    checkOptions(options, "options", { ...DATA_OPTIONS, output: count(Number.MAX_SAFE_INTEGER) });
    if (this.#closed) throw new StateError("the pool is closed");
    const { signal, output = DEFAULT_OUTPUT, ...data } = options;
    signal?.throwIfAborted();
    let abort = () => {};
    try {
      const run = await new Promise<PooledGuestRun>((settle, fail) => {
        const task: Task = { order: { program, options: data, output }, settle, fail };
        abort = () => {
          if (this.#waiting.delete(task)) fail(signal?.reason);
          else task.worker?.interrupt();
        };
        signal?.addEventListener("abort", abort);
        this.#waiting.add(task);
        this.#assign();
      });
      signal?.throwIfAborted();
      return run;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Ends all guests and workers: runs that are not finished are rejected with a StateError. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { fail } of this.#waiting) fail(new StateError("the pool was closed"));
    this.#waiting.clear();
    await Promise.all([...this.#workers].map((worker) => worker.leave()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Gives the runs that wait to workers, as far as there are any. */
  #assign(): void {
    for (const task of this.#waiting) {
      try {
        const worker = [...this.#workers].find(({ isIdle }) => isIdle) ?? this.#newWorker();
        if (worker === undefined) return;
        this.#waiting.delete(task);
        worker.take(task);
      } catch (error) {
        this.#waiting.delete(task);
        task.fail(error);
      }
    }
  }

  #newWorker(): GuestWorker | undefined {
    if (this.#workers.size >= this.#most) return undefined;
    const worker = new GuestWorker(this.#platform, () => this.#assign());
    this.#workers.add(worker);
    void worker.ended.then(() => {
      this.#workers.delete(worker);
      this.#assign();
    });
    return worker;
  }
}

/** A worker thread. */
class GuestWorker {
  readonly ended: Promise<void>;
  readonly #thread: Worker;
  readonly #onIdle: () => void;
  #task: Task | undefined;
  #handle: InterruptHandle | undefined;
  #interrupted = false;
  #left = false;

  /** @throws UnsupportedError if no thread can start */
  constructor(platform: PooledPlatformOptions, onIdle: () => void) {
    this.#onIdle = onIdle;
    // A script, for the tests' bundles lie elsewhere than the package's.
    const script = JSON.stringify(new URL("guest_worker.js", import.meta.url).href);
    try {
      this.#thread = new Worker(`import(${script})`, { eval: true, workerData: platform });
    } catch (cause) {
      throw limitError("a worker thread cannot start", cause) ?? cause;
    }
    this.#thread.unref();
    this.#thread.on("message", (answer: Answer) => this.#hear(answer));
    this.#thread.on("error", (cause) => this.#lose(cause.message, cause));
    this.ended = new Promise((resolve) => {
      this.#thread.once("exit", () => {
        this.#lose("it ended");
        resolve();
      });
    });
  }

  get isIdle(): boolean {
    return this.#task === undefined && !this.#left;
  }

  take(task: Task): void {
    this.#task = task;
    this.#handle = undefined;
    this.#interrupted = false;
    task.worker = this;
    this.#thread.ref();
    this.#thread.postMessage(task.order);
  }

  /** Interrupts its guest, or the one that it is about to start. */
  interrupt(): void {
    this.#interrupted = true;
    if (this.#handle !== undefined) interruptGuest(this.#handle);
  }

  /** Ends the thread, with its guest and its platform. */
  async leave(): Promise<void> {
    this.#left = true;
    this.#task?.fail(new StateError("the pool was closed"));
    this.interrupt();
    this.#thread.ref();
    this.#thread.postMessage(null);
    await this.ended;
  }

  #hear(answer: Answer): void {
    if ("handle" in answer) {
      this.#handle = answer.handle;
      if (this.#interrupted) this.interrupt();
      return;
    }
    const task = this.#task;
    this.#task = undefined;
    this.#handle = undefined;
    if (!this.#left) this.#thread.unref();
    if ("run" in answer) task?.settle(answer.run);
    else task?.fail(errorOf(answer));
    this.#onIdle();
  }

  #lose(why: string, cause?: unknown): void {
    this.#left = true;
    const lost = limitError("a worker thread was lost", cause);
    this.#task?.fail(
      lost ??
        new StublabError(`a worker thread was lost: ${why}`, { code: "ERR_STUBLAB_WORKER", cause }),
    );
    this.#task = undefined;
  }
}
