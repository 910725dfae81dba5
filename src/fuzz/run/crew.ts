import { Worker, type WorkerOptions } from "node:worker_threads";
import { InputError, StublabError } from "../../errors.ts";
import { codeOf } from "../../folder.ts";
import { limitError } from "../../limits.ts";
import { readProc } from "../../stub/proc.ts";
import type { Case } from "../case/case.ts";
import type { Path } from "../draw/generate.ts";
import type { Change } from "../predict/model.ts";
import type { Machine } from "../try/machine.ts";
import { type Answer, errorOf, failureOf, type News, type Order, type Start } from "./orders.ts";
import { mergeResults, type PartResult } from "./part.ts";
import type { Chunk } from "./round.ts";

/** Indices of the counters that all workers share. */
const [NEXT_CHUNK, DONE] = [0, 1];

/** More chunks than a round has. */
const NO_CHUNK = 1 << 30;

/** How long a worker may take to start, and how long all of them may take without one finished chunk, in milliseconds. */
const START_PATIENCE = 60_000;
const PATIENCE = 600_000;
/** How long a worker may take to end its stubs and itself before it is terminated. */
const LEAVE_PATIENCE = 10_000;

/** A worker thread, which answers each order once. */
class Member {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  readonly #counters: Int32Array;
  #settle: ((answer: Answer) => void) | undefined;
  #over = false;

  /** @throws UnsupportedError if no thread can be created */
  constructor(start: Start) {
    // A script, for the tests' bundles lie elsewhere than the package's.
    const script = JSON.stringify(new URL("fuzz_worker.js", import.meta.url).href);
    this.#thread = startThread(`import(${script})`, { eval: true, workerData: start });
    this.#counters = start.counters;
    this.#thread.on("message", (answer: Answer) => this.#settle?.(answer));
    this.#thread.on("error", (error) => this.#fail(error.message, error));
    this.#ended = new Promise((resolve) => {
      this.#thread.once("exit", () => {
        this.#fail("it ended");
        resolve();
      });
    });
  }

  /** What it finds its machine to be, once it has started. @throws what its tracer and stubs throw */
  async ready(): Promise<Machine> {
    const answer = await this.#next(START_PATIENCE);
    if (answer.kind === "ready") return answer.machine;
    throw wrong(answer);
  }

  /** The next answer; a failure if no worker finishes a chunk for so many milliseconds. Only meanwhile the process lives for it. */
  async #next(patience: number): Promise<Answer> {
    this.#thread.ref();
    const answer = new Promise<Answer>((resolve) => {
      this.#settle = resolve;
      if (this.#over) this.#fail("it has ended");
    });
    const done = () => Atomics.load(this.#counters, DONE);
    const watch = watchProgress(done, patience, () =>
      this.#fail(`it did nothing for ${patience / 1000} s`),
    );
    try {
      return await answer;
    } finally {
      clearInterval(watch);
      this.#thread.unref();
    }
  }

  async ask(order: Order, patience: number): Promise<PartResult> {
    const next = this.#next(patience);
    this.#thread.postMessage(order);
    const answer = await next;
    if (answer.kind === "done") return answer.result;
    throw wrong(answer);
  }

  /**
   * Lets it end its stubs and itself. One that is late is terminated, and given up if it still does not end: the
   * kernel ends the stubs with their thread.
   */
  async leave(patience: number): Promise<void> {
    this.#thread.ref();
    this.#thread.postMessage(null);
    const never = () => 0;
    const terminate = watchProgress(never, patience, () => void this.#thread.terminate());
    const givenUp = new Promise<void>((resolve) => {
      const giveUp = watchProgress(never, 2 * patience, resolve);
      void this.#ended.then(() => clearInterval(giveUp));
    });
    await Promise.race([this.#ended, givenUp]);
    clearInterval(terminate);
  }

  #fail(why: string, cause?: unknown): void {
    this.#over = true;
    const doing = "a worker thread was lost";
    const error =
      limitError(doing, cause) ??
      new StublabError(`${doing}: ${why}`, {
        code: "ERR_STUBLAB_WORKER",
        ...(codeOf(cause) === "ERR_MODULE_NOT_FOUND" && { remedy: UNBUNDLED }),
      });
    this.#settle?.({ kind: "failed", failure: failureOf(error) });
  }
}

const UNBUNDLED =
  "the labs start files of the package stublab, so they cannot be part of a bundle: keep stublab external";

function wrong(answer: Answer): Error {
  if (answer.kind === "failed") return errorOf(answer.failure);
  return new TypeError(`a worker answered ${answer.kind}`);
}

function startThread(script: string, options: WorkerOptions): Worker {
  try {
    return new Worker(script, options);
  } catch (cause) {
    throw limitError("a worker thread cannot start", cause) ?? cause;
  }
}

/**
 * Calls `late` once if `progress` stays the same for so many milliseconds. Only time in which this process runs
 * counts: a job that is stopped and continued is not late.
 */
function watchProgress(progress: () => number, patience: number, late: () => void): NodeJS.Timeout {
  const period = Math.min(1000, patience);
  let ticks = 0;
  let last = progress();
  const watch = setInterval(() => {
    const now = progress();
    ticks = now === last ? ticks + 1 : 0;
    last = now;
    if (ticks * period < patience) return;
    clearInterval(watch);
    late();
  }, period);
  return watch;
}

export interface CrewOptions {
  readonly workers: number;
  readonly seed: bigint;
  readonly path: Path;
  readonly focus?: string | undefined;
  /** Which of the processors the first worker takes. */
  readonly first: number;
  readonly change?: Change | undefined;
  /** How long the workers may take without one finished chunk, and one to leave, in milliseconds. For tests. */
  readonly patience?: number;
}

/** The workers of a run. */
export class Crew {
  readonly machine: Machine;
  readonly #members: readonly Member[];
  readonly #counters: Int32Array;
  readonly #patience: number;

  private constructor(
    members: readonly Member[],
    machine: Machine,
    counters: Int32Array,
    patience: number,
  ) {
    this.#members = members;
    this.machine = machine;
    this.#counters = counters;
    this.#patience = patience;
  }

  /**
   * Starts workers, each on a processor of its own as long as there are enough.
   *
   * @throws UnsupportedError if a thread cannot be created; what their tracers and stubs throw
   */
  static async start(options: CrewOptions): Promise<Crew> {
    const { workers: count, seed, path, focus, first, change, patience = PATIENCE } = options;
    const counters = new Int32Array(new SharedArrayBuffer(8));
    const processors = allowedProcessors();
    const members: Member[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const processor = processors[(first + i) % processors.length] ?? 0;
        members.push(new Member({ seed, path, focus, processor, counters, change }));
      }
      const machines = await Promise.all(members.map((member) => member.ready()));
      const [machine] = machines;
      if (machine === undefined) throw new InputError("a run needs at least 1 worker");
      return new Crew(members, machine, counters, patience);
    } catch (error) {
      await leaveAll(members, LEAVE_PATIENCE);
      throw error;
    }
  }

  /** Tries cases that are given, the first of which has the number 0, and those of some chunks, all together. */
  async round(
    news: News,
    chunks: readonly Chunk[],
    given: readonly Case[] = [],
  ): Promise<PartResult> {
    Atomics.store(this.#counters, NEXT_CHUNK, 0);
    Atomics.store(this.#counters, DONE, 0);
    const ask = (member: Member, i: number) =>
      member.ask({ news, chunks, given: i === 0 ? given : [] }, this.#patience);
    const parts = await Promise.all(this.#members.map(ask));
    Atomics.store(this.#counters, DONE, 0);
    return mergeResults(parts);
  }

  /** Cases that are done in the round under way. */
  get done(): number {
    return Atomics.load(this.#counters, DONE);
  }

  /** Ends the workers, and their stubs. */
  async leave(): Promise<void> {
    // Where one failed, the others are to leave the rest of the round.
    Atomics.store(this.#counters, NEXT_CHUNK, NO_CHUNK);
    await leaveAll(this.#members, Math.min(LEAVE_PATIENCE, this.#patience));
  }
}

async function leaveAll(members: readonly Member[], patience: number): Promise<void> {
  await Promise.all(members.map((member) => member.leave(patience)));
}

/** The processors that this process may use, from "0-3,7". */
function allowedProcessors(): number[] {
  const status = readProc("/proc/self/status");
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
