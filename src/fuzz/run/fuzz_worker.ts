/*
 * A thread that tries cases: it has a tracer of its own, and stays with its stubs on one processor, for a stop that has
 * to go to another processor takes five times as long. It carries out orders (orders.ts).
 */

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { loadShim } from "../../shim/shim.ts";
import { SetupList } from "../case/setup_list.ts";
import { Generator } from "../draw/generate.ts";
import { Experiment } from "../experiment.ts";
import { Focus } from "../predict/focus.ts";
import { KnownSignatures } from "../predict/known.ts";
import { type Answer, failureOf, type Order, type Start } from "./orders.ts";
import { Part, type PartResult } from "./part.ts";
import { CHUNK, type Chunk } from "./round.ts";

/** For each stop, in milliseconds: nothing that is generated runs on, and a busy machine is no hang. */
const DEADLINE = 2000;

/** Indices of Start's counters. */
const [NEXT_CHUNK, DONE] = [0, 1];

class Worker {
  readonly experiment: Experiment;
  readonly #parents = new SetupList();
  readonly #known = new KnownSignatures();
  readonly #focus: Focus | undefined;
  readonly #generator: Generator;
  readonly #counters: Int32Array;

  constructor({ seed, path, focus, counters, change }: Start) {
    this.experiment = new Experiment({ deadline: DEADLINE, capacity: CHUNK, change });
    const { machine } = this.experiment;
    const { features, xstateLength } = machine;
    const options = { path, xstateLength, features };
    this.#focus =
      focus === undefined
        ? undefined
        : new Focus(focus, machine, new Generator(seed, undefined, options));
    this.#generator = new Generator(seed, this.#parents, {
      ...options,
      ...(this.#focus !== undefined && { focus: this.#focus.setups }),
    });
    this.#counters = counters;
  }

  obey({ news, given, chunks }: Order): PartResult {
    this.#parents.add(news.parents);
    this.#focus?.add(news.parents);
    for (const signature of news.known) this.#known.add(signature);
    const part = new Part(this.experiment, this.#known);
    part.given(given);
    for (let chunk = this.#next(chunks); chunk !== undefined; chunk = this.#next(chunks)) {
      part.drawn(this.#generator, chunk);
      Atomics.add(this.#counters, DONE, chunk.to - chunk.from);
    }
    return part.result;
  }

  #next(chunks: readonly Chunk[]): Chunk | undefined {
    return chunks[Atomics.add(this.#counters, NEXT_CHUNK, 1)];
  }
}

function work(port: MessagePort, start: Start): void {
  const answer = (it: Answer) => port.postMessage(it);
  let worker: Worker | undefined;
  try {
    const shim = loadShim();
    shim.bind(shim.gettid(), start.processor);
    worker = new Worker(start);
    answer({ kind: "ready", machine: worker.experiment.machine });
  } catch (error) {
    answer({ kind: "failed", failure: failureOf(error) });
  }
  port.on("message", (order: Order | null) => {
    if (order === null) {
      worker?.experiment.close();
      port.close();
      return;
    }
    try {
      if (worker !== undefined) answer({ kind: "done", result: worker.obey(order) });
    } catch (error) {
      answer({ kind: "failed", failure: failureOf(error) });
    }
  });
}

if (parentPort !== null) work(parentPort, workerData);
