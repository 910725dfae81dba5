/*
 * A thread that tries cases: it has a tracer of its own, and stays with its stubs on one processor, for a stop that has
 * to go to another processor takes five times as long. It answers when it has started, and each order (crew.ts).
 */

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { loadShim } from "../../../core/shim/shim.ts";
import { type Failure, failureOf } from "../../../lib/errors.ts";
import type { Case } from "../case/case.ts";
import { Generator } from "../draw/generate.ts";
import { type Comparison, Experiment } from "../experiment.ts";
import type { Machine } from "../machine.ts";
import { AGREES, KnownSignatures } from "../predict/signature.ts";
import { type Counts, noCounts, takeCounts } from "../predict/tally.ts";
import { CHUNK, type Chunk, COUNTERS } from "./round.ts";
import type { Plan } from "./run_state.ts";

/** For each stop, in milliseconds: nothing that is generated runs on, and a busy machine is no hang. */
const DEADLINE = 2000;

/** What a worker begins with. */
export interface Start extends Plan {
  /** The processor that it and its stubs are to stay on. */
  readonly processor: number;
  /** The counters of all workers (COUNTERS). */
  readonly counters: Int32Array<SharedArrayBuffer>;
}

/** Cases that are to be tried: those that are given, and chunks, of which each worker takes the next. */
export interface Order {
  readonly given: readonly Case[];
  readonly chunks: readonly Chunk[];
  readonly news: News;
}

/** News of a corpus: signatures that are known. */
export interface News {
  readonly known: Float64Array;
}

/** A case whose outcome has a new signature. */
export interface Found extends Comparison {
  /** The number of the case. */
  readonly index: number;
  readonly it: Case;
}

/** The result of some cases. */
export interface PartResult extends Counts {
  readonly found: Found[];
  /** How many outcomes another attempt contradicted: they do not count. */
  unconfirmed: number;
}

export type Answer = { readonly machine: Machine; readonly result: PartResult } | Failure;

/** Keeps cases whose outcomes are of new kinds. */
export class FuzzWorker {
  readonly #experiment: Experiment;
  readonly #known = new KnownSignatures();
  readonly #generator: Generator;
  readonly #counters: Int32Array;
  #result = noResult();

  constructor(
    experiment: Experiment,
    { seed, path, focus, known, counters }: Omit<Start, "processor">,
  ) {
    this.#experiment = experiment;
    const { machine } = experiment;
    experiment.model.select();
    this.#generator = new Generator(seed, { ...machine, path, known, near: focus ?? "rare" });
    this.#counters = counters;
  }

  /** Tries the cases of an order. The first of those that are given has the number 0. */
  obey({ news, given, chunks }: Order): PartResult {
    for (const signature of news.known) this.#known.add(signature);
    this.#result = noResult();
    this.#try(0, given.length, () => this.#experiment.try(given));
    for (let chunk = this.#next(chunks); chunk !== undefined; chunk = this.#next(chunks)) {
      const { from, to } = chunk;
      this.#try(from, to - from, () => this.#experiment.draw(this.#generator, from, to - from));
      Atomics.add(this.#counters, COUNTERS.done, to - from);
    }
    return this.#result;
  }

  #next(chunks: readonly Chunk[]): Chunk | undefined {
    return chunks[Atomics.add(this.#counters, COUNTERS.next, 1)];
  }

  /** Assesses the first `count` cases of the batch, which `attempt` tries; the first has the number `from`. */
  #try(from: number, count: number, attempt: () => void): void {
    const { model, batch } = this.#experiment;
    attempt();
    for (const i of model.assess(batch, count, this.#known)) {
      const confirmed = this.#confirm(i);
      model.count(batch, i);
      if (confirmed === undefined || !this.#known.add(confirmed.signature)) continue;
      this.#result.found.push({ ...confirmed, index: from + i, it: batch.at(i) });
    }
    takeCounts(this.#result);
  }

  /** Compares case `i`; undefined if it is new, and no two attempts agree on it. */
  #confirm(i: number): Comparison | undefined {
    const first = this.#experiment.compare(i);
    if (first.agreement === AGREES || this.#known.has(first.signature)) return first;
    const { outcome, contradictions } = this.#experiment.confirm(i, first);
    // What could be tried once says nothing if it cannot be again.
    if (this.#experiment.obstacle(i) !== undefined) return undefined;
    this.#result.unconfirmed += contradictions;
    return outcome;
  }
}

const noResult = (): PartResult => ({ ...noCounts(), found: [], unconfirmed: 0 });

function work(port: MessagePort, start: Start): void {
  let experiment: Experiment | undefined;
  let worker: FuzzWorker | undefined;
  const answer = (attempt: () => Answer) => {
    let it: Answer;
    try {
      it = attempt();
    } catch (error) {
      it = failureOf(error);
    }
    port.postMessage(it);
  };
  answer(() => {
    const shim = loadShim();
    shim.bind(shim.gettid(), start.processor);
    experiment = new Experiment({
      deadline: DEADLINE,
      capacity: CHUNK,
      change: start.change,
      known: start.known,
    });
    worker = new FuzzWorker(experiment, start);
    return { machine: experiment.machine, result: noResult() };
  });
  port.on("message", (order: Order | null) => {
    if (order === null) {
      experiment?.close();
      port.close();
    } else if (experiment !== undefined && worker !== undefined) {
      const [{ machine }, its] = [experiment, worker];
      answer(() => ({ machine, result: its.obey(order) }));
    }
  });
}

if (parentPort !== null) work(parentPort, workerData);
