import type { Worker } from "node:worker_threads";
import { readProc } from "../../../core/stub/proc.ts";
import { errorOf, InputError, type StublabError } from "../../../lib/errors.ts";
import { lostWorker, startWorker } from "../../../lib/worker.ts";
import type { Case } from "../case/case.ts";
import type { Machine } from "../machine.ts";
import { addCounts, noCounts, sortedCounts } from "../predict/tally.ts";
import type { Answer, News, Order, PartResult, Start } from "./fuzz_worker.ts";
import { type Chunk, COUNTERS, firstOfEach } from "./round.ts";
import type { Plan } from "./run_state.ts";

/** More chunks than a round has. */
const NO_CHUNK = 1 << 30;

/** How long a worker may take to start, and how long all of them may take without one finished chunk, in milliseconds. */
const START_PATIENCE = 60_000;
const PATIENCE = 600_000;
/** How long a worker may take to end its stubs and itself before it is terminated. */
const LEAVE_PATIENCE = 10_000;

/** A worker thread, which answers when it has started, and each order once. */
class Member {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  readonly #counters: Int32Array;
  #waiting: { settle(answer: Answer): void; fail(error: StublabError): void } | undefined;
  #over = false;

  /** @throws UnsupportedError if no thread can be created */
  constructor(start: Start) {
    this.#thread = startWorker("fuzz_worker.js", start);
    this.#counters = start.counters;
    this.#thread.on("message", (answer: Answer) => this.#waiting?.settle(answer));
    this.#thread.on("error", (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      this.#thread.once("exit", () => {
        this.#fail("it ended");
        resolve();
      });
    });
  }

  /**
   * Gives it an order, unless it is still to start, and waits for its answer. Only meanwhile the process lives for it.
   *
   * @throws what its tracer and stubs throw; StublabError if no worker finishes a chunk for so many milliseconds
   */
  async ask(patience: number, order?: Order): Promise<Extract<Answer, { machine: Machine }>> {
    this.#thread.ref();
    const next = new Promise<Answer>((settle, fail) => {
      this.#waiting = { settle, fail };
      if (this.#over) this.#fail("it has ended");
    });
    if (order !== undefined) this.#thread.postMessage(order);
    const done = () => Atomics.load(this.#counters, COUNTERS.done);
    const watch = watchProgress(done, patience, () =>
      this.#fail(`it did nothing for ${patience / 1000} s`),
    );
    try {
      const answer = await next;
      if ("machine" in answer) return answer;
      throw errorOf(answer);
    } finally {
      clearInterval(watch);
      this.#thread.unref();
    }
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

  /** @param cause what it threw, or why it is given up */
  #fail(cause: unknown): void {
    this.#over = true;
    this.#waiting?.fail(lostWorker(cause));
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

interface CrewOptions extends Plan {
  readonly workers: number;
  /** Which of the processors the first worker takes. */
  readonly first: number;
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
    const { workers: count, first, patience = PATIENCE, ...plan } = options;
    const counters = new Int32Array(new SharedArrayBuffer(8));
    const processors = allowedProcessors();
    const members: Member[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const processor = processors[(first + i) % processors.length] ?? 0;
        members.push(new Member({ ...plan, processor, counters }));
      }
      const started = await Promise.all(members.map((member) => member.ask(START_PATIENCE)));
      const [{ machine } = {}] = started;
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
    this.#counters.fill(0);
    const answers = await Promise.all(
      this.#members.map((member, i) =>
        member.ask(this.#patience, { news, chunks, given: i === 0 ? given : [] }),
      ),
    );
    Atomics.store(this.#counters, COUNTERS.done, 0);
    return mergeResults(answers.map(({ result }) => result));
  }

  /** Ends the round under way after the chunks that workers have begun: its result has fewer cases. */
  cut(): void {
    Atomics.store(this.#counters, COUNTERS.next, NO_CHUNK);
  }

  /** Cases that are done in the round under way. */
  get done(): number {
    return Atomics.load(this.#counters, COUNTERS.done);
  }

  /** Ends the workers, and their stubs. */
  async leave(): Promise<void> {
    // Where one failed, the others are to leave the rest of the round.
    this.cut();
    await leaveAll(this.#members, Math.min(LEAVE_PATIENCE, this.#patience));
  }
}

async function leaveAll(members: readonly Member[], patience: number): Promise<void> {
  await Promise.all(members.map((member) => member.leave(patience)));
}

/** Puts the results of all workers together: the first case of each signature counts. */
function mergeResults(parts: readonly PartResult[]): PartResult {
  const counts = noCounts();
  for (const part of parts) addCounts(counts, part);
  return {
    ...sortedCounts(counts),
    unconfirmed: parts.reduce((total, { unconfirmed }) => total + unconfirmed, 0),
    found: firstOfEach(
      parts.flatMap(({ found }) => found),
      ({ signature }) => signature,
    ),
  };
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
