import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { type RecordLayout, Runner } from "./record.ts";

/** How many samples are kept: later batches take the places of earlier ones, by turns. */
const SAMPLES = 1024;

/** Nanoseconds for a call, a sample for each batch. */
export class BatchTimes {
  readonly #samples: number[] = [];
  #next = 0;

  add(nanoseconds: number): void {
    this.#samples[this.#next] = nanoseconds;
    this.#next = (this.#next + 1) % SAMPLES;
  }

  quartiles(): { lower: number; median: number; upper: number } {
    const sorted = this.#samples.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
  }
}

/** A stretch of time, in milliseconds. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}

/** Lets timers and signals run. @throws the reason if the signal is aborted */
export async function turn(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

/** An encoder whose function does nothing: what calling it takes is the loop around a call. */
export function openNothing(layout: RecordLayout): Runner {
  const { result } = layout.signature;
  const answer = result === "i64" || result === "word" ? 0n : 0;
  const nothing = { [layout.name]: () => answer };
  const constants = new Map<string, bigint>();
  const buffer = new ArrayBuffer(1 << 20);
  return new Runner(
    { ...nothing, name: "nothing", arch: "amd64", buffer, heap: 0, constants },
    layout,
  );
}
