// Guests in worker threads, whose caller does not wait.

import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { type InterruptHandle, interruptGuest } from "../../core/platform/context.ts";
import { PLATFORM_OPTIONS, type PlatformOptions } from "../../core/platform/platform.ts";
import { errorOf, type Failure, StateError } from "../../lib/errors.ts";
import { checkOptions, count, object } from "../../lib/shape.ts";
import { lostWorker, startWorker } from "../../lib/worker.ts";
import type { Input } from "./files.ts";
import type { Limits } from "./limits.ts";
import { DATA_OPTIONS } from "./options.ts";
import { checkProgram, type GuestProgram } from "./program.ts";
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

/** A run: it waits for a thread, then for its end. */
interface Task {
  readonly order: Order;
  readonly settle: (run: PooledGuestRun) => void;
  readonly fail: (error: unknown) => void;
  handle?: InterruptHandle | undefined;
  /** Why it must end. */
  ending?: { readonly reason: unknown };
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
  readonly #options: GuestPoolOptions;
  /** The threads, and what each of them runs. */
  readonly #threads = new Map<Worker, Task | undefined>();
  readonly #waiting = new Set<Task>();
  #closed = false;

  /** @throws InputError */
  constructor(options: GuestPoolOptions = {}) {
    checkOptions(options, "options", { workers: count(MOST_WORKERS, 1), platform: object });
    const { encoder, ...postable } = PLATFORM_OPTIONS;
    checkOptions(options.platform ?? {}, "options.platform", postable);
    this.#options = { ...options };
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
      return await new Promise<PooledGuestRun>((settle, fail) => {
        const task: Task = { order: { program, options: data, output }, settle, fail };
        abort = () => this.#end(task, signal?.reason);
        signal?.addEventListener("abort", abort);
        this.#waiting.add(task);
        this.#assign();
      });
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Ends all guests and workers: runs that are not finished are rejected with a StateError. */
  async close(): Promise<void> {
    this.#closed = true;
    const reason = new StateError("the pool was closed");
    for (const task of [...this.#waiting, ...this.#threads.values()]) this.#end(task, reason);
    const threads = [...this.#threads.keys()];
    const ended = threads.map((thread) => new Promise((end) => thread.once("exit", end)));
    for (const thread of threads) {
      thread.ref();
      thread.postMessage(null);
    }
    await Promise.all(ended);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Fails a run that waits; interrupts the guest of another, or the one that is about to start. */
  #end(task: Task | undefined, reason: unknown): void {
    if (task === undefined) return;
    if (this.#waiting.delete(task)) task.fail(reason);
    task.ending ??= { reason };
    if (task.handle !== undefined) interruptGuest(task.handle);
  }

  /** Gives the runs that wait to threads, as far as there are any. */
  #assign(): void {
    for (const task of this.#waiting) {
      try {
        const idle = [...this.#threads.keys()].find((each) => !this.#threads.get(each));
        const thread = idle ?? this.#newThread();
        if (thread === undefined) return;
        thread.postMessage(task.order);
        thread.ref();
        this.#threads.set(thread, task);
      } catch (error) {
        task.fail(error);
      }
      this.#waiting.delete(task);
    }
  }

  #newThread(): Worker | undefined {
    const { workers = availableParallelism(), platform = {} } = this.#options;
    if (this.#threads.size >= workers) return undefined;
    const thread = startWorker("guest_worker.js", platform);
    this.#threads.set(thread, undefined);
    let cause: unknown = "it ended";
    thread.on("message", (answer: Answer) => this.#hear(thread, answer));
    thread.on("error", (error) => {
      cause = error;
    });
    thread.on("exit", () => {
      this.#threads.get(thread)?.fail(lostWorker(cause));
      this.#threads.delete(thread);
      this.#assign();
    });
    thread.unref();
    return thread;
  }

  #hear(thread: Worker, answer: Answer): void {
    const task = this.#threads.get(thread);
    if (task === undefined) return;
    task.handle = "handle" in answer ? answer.handle : undefined;
    if ("handle" in answer) {
      if (task.ending !== undefined) interruptGuest(answer.handle);
      return;
    }
    this.#threads.set(thread, undefined);
    if (!this.#closed) thread.unref();
    if (task.ending !== undefined) task.fail(task.ending.reason);
    else if ("run" in answer) task.settle(answer.run);
    else task.fail(errorOf(answer));
    this.#assign();
  }
}
