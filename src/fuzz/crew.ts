import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { UnsupportedError } from "../errors.ts";
import type { Path } from "./generate.ts";
import type { Machine } from "./machine.ts";
import type { Change } from "./model/model.ts";
import { type Answer, errorOf, type News, type Order, type Start } from "./orders.ts";
import type { PartResult } from "./part.ts";
import { type Chunk, mergeResults } from "./round.ts";

/** Indices of the counters that all workers share. */
const [NEXT_CHUNK, DONE] = [0, 1];

/** More chunks than a round has. */
const NO_CHUNK = 1 << 30;

/** A worker thread, which answers each order once. */
class Member {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  #settle: ((answer: Answer) => void) | undefined;
  #over = false;

  constructor(start: Start) {
    // A script, for the tests' bundles lie elsewhere than the package's.
    const script = JSON.stringify(new URL("fuzz_worker.js", import.meta.url).href);
    this.#thread = new Worker(`import(${script})`, { eval: true, workerData: start });
    this.#thread.on("message", (answer: Answer) => this.#settle?.(answer));
    this.#thread.on("error", (error) => this.#fail(error.message));
    this.#ended = new Promise((resolve) => {
      this.#thread.once("exit", () => {
        this.#fail("it ended");
        resolve();
      });
    });
  }

  next(): Promise<Answer> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (this.#over) this.#fail("it has ended");
    });
  }

  async ask(order: Order): Promise<PartResult> {
    const next = this.next();
    this.#thread.postMessage(order);
    const answer = await next;
    if (answer.kind === "failed") throw errorOf(answer.failure);
    if (answer.kind === "done") return answer.result;
    throw new TypeError(`a worker answered ${answer.kind}`);
  }

  /** Lets it end its stubs and itself. */
  async leave(): Promise<void> {
    this.#thread.postMessage({ kind: "leave" } satisfies Order);
    await this.#ended;
  }

  #fail(why: string): void {
    this.#over = true;
    const message = `a worker thread was lost: ${why}`;
    this.#settle?.({ kind: "failed", failure: { code: "ERR_STUBLAB_WORKER", message } });
  }
}

export interface CrewOptions {
  readonly workers: number;
  readonly seed: bigint;
  readonly path: Path;
  /** Which of the processors the first worker takes. */
  readonly first: number;
  readonly change?: Change | undefined;
}

/** The workers of a run. */
export class Crew {
  readonly machine: Machine;
  readonly #members: readonly Member[];
  readonly #counters: Int32Array;

  private constructor(members: readonly Member[], machine: Machine, counters: Int32Array) {
    this.#members = members;
    this.machine = machine;
    this.#counters = counters;
  }

  /**
   * Starts workers, each on a processor of its own as long as there are enough.
   *
   * @throws what their tracers and stubs throw
   */
  static async start({ workers: count, seed, path, first, change }: CrewOptions): Promise<Crew> {
    const counters = new Int32Array(new SharedArrayBuffer(8));
    const processors = allowedProcessors();
    const members = Array.from({ length: count }, (_, i) => {
      const processor = processors[(first + i) % processors.length] ?? 0;
      return new Member({ seed, path, processor, counters, change });
    });
    const answers = await Promise.all(members.map((member) => member.next()));
    const machines = answers.flatMap((answer) => (answer.kind === "ready" ? [answer.machine] : []));
    const [machine] = machines;
    if (machine !== undefined && machines.length === count) {
      return new Crew(members, machine, counters);
    }
    await Promise.all(members.map((member) => member.leave()));
    const failed = answers.find((answer) => answer.kind === "failed");
    throw failed === undefined
      ? new UnsupportedError("no worker thread starts")
      : errorOf(failed.failure);
  }

  /** Tries the cases of some chunks, all together. */
  async round(chunks: readonly Chunk[], news: News): Promise<PartResult> {
    Atomics.store(this.#counters, NEXT_CHUNK, 0);
    Atomics.store(this.#counters, DONE, 0);
    const order: Order = { kind: "round", chunks, news };
    const parts = await Promise.all(this.#members.map((member) => member.ask(order)));
    Atomics.store(this.#counters, DONE, 0);
    return mergeResults(parts);
  }

  /** Tries setups that were not generated, the first of which has the number `index`. */
  async given(setups: Uint8Array, index: number, news: News): Promise<PartResult> {
    const nothing: Order = { kind: "round", chunks: [], news };
    const parts = this.#members.map((member, i) =>
      member.ask(i === 0 ? { kind: "given", setups, index, news } : nothing),
    );
    return mergeResults(await Promise.all(parts));
  }

  /** Cases that are done in the round under way. */
  get done(): number {
    return Atomics.load(this.#counters, DONE);
  }

  /** Ends the workers, and their stubs. */
  async leave(): Promise<void> {
    // Where one failed, the others are to leave the rest of the round.
    Atomics.store(this.#counters, NEXT_CHUNK, NO_CHUNK);
    await Promise.all(this.#members.map((member) => member.leave()));
  }
}

/** The processors that this process may use, from "0-3,7". */
function allowedProcessors(): number[] {
  const status = readFileSync("/proc/self/status", "utf8");
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
