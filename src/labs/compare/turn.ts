import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";

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
