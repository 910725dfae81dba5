/*
 * A thread that tries cases: it has a tracer of its own, and stays with its stubs on one processor, for a stop that has
 * to go to another processor takes five times as long. It does what it is told (orders.ts).
 */

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { loadShim } from "../../shim/shim.ts";
import { Batch } from "../case/batch.ts";
import { SetupList } from "../case/setup_list.ts";
import { Generator } from "../draw/generate.ts";
import { Focus } from "../predict/focus.ts";
import { KnownSignatures } from "../predict/known.ts";
import { Model } from "../predict/model.ts";
import { readMachine } from "../try/machine.ts";
import { Trier } from "../try/trial.ts";
import { type Answer, failureOf, type News, type Order, type Start } from "./orders.ts";
import { emptyResult, Part } from "./part.ts";
import { CHUNK, type Chunk } from "./round.ts";

/** For each stop, in milliseconds: nothing that is generated runs on, and a busy machine is no hang. */
const DEADLINE = 2000;

/** Indices of Start's counters. */
const [NEXT_CHUNK, DONE] = [0, 1];

class Worker {
  readonly machine;
  readonly #trier = new Trier({ deadline: DEADLINE });
  readonly #parents = new SetupList();
  readonly #known = new KnownSignatures();
  readonly #focus: Focus | undefined;
  readonly #generator: Generator;
  readonly #part: Part;
  readonly #counters: Int32Array;

  constructor({ seed, path, focus, counters, change }: Start) {
    this.machine = readMachine(this.#trier.tracer);
    const { features, xstateLength } = this.machine;
    const options = { path, xstateLength, features };
    this.#focus =
      focus === undefined
        ? undefined
        : new Focus(focus, this.machine, new Generator(seed, undefined, options));
    this.#generator = new Generator(seed, this.#parents, {
      ...options,
      ...(this.#focus !== undefined && { focus: this.#focus.setups }),
    });
    const batch = new Batch(CHUNK);
    this.#part = new Part(this.#trier, batch, new Model(this.machine, change), this.#known);
    this.#counters = counters;
  }

  obey(order: Order): Answer {
    const result = emptyResult();
    if (order.kind === "leave") return { kind: "done", result };
    this.#learn(order.news);
    if (order.kind === "given") this.#part.given(order.setups, order.index, result);
    else {
      for (let chunk = this.#next(order.chunks); chunk !== undefined; ) {
        this.#part.generated(this.#generator, chunk.from, chunk.to, result);
        Atomics.add(this.#counters, DONE, chunk.to - chunk.from);
        chunk = this.#next(order.chunks);
      }
    }
    return { kind: "done", result };
  }

  #next(chunks: readonly Chunk[]): Chunk | undefined {
    return chunks[Atomics.add(this.#counters, NEXT_CHUNK, 1)];
  }

  #learn({ parents, known }: News): void {
    this.#parents.add(parents);
    this.#focus?.add(parents);
    for (const signature of known) this.#known.add(signature);
  }

  close(): void {
    this.#trier.close();
  }
}

function work(port: MessagePort, start: Start): void {
  const answer = (it: Answer) => port.postMessage(it);
  let worker: Worker | undefined;
  try {
    const shim = loadShim();
    shim.bind(shim.gettid(), start.processor);
    worker = new Worker(start);
    answer({ kind: "ready", machine: worker.machine });
  } catch (error) {
    answer({ kind: "failed", failure: failureOf(error) });
  }
  port.on("message", (order: Order) => {
    if (order.kind === "leave") {
      worker?.close();
      port.close();
      return;
    }
    try {
      if (worker !== undefined) answer(worker.obey(order));
    } catch (error) {
      answer({ kind: "failed", failure: failureOf(error) });
    }
  });
}

if (parentPort !== null) work(parentPort, workerData);
