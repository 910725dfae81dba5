// A worker that signals a stub, or interrupts its guest, at random moments: again when the one before was seen. `turn`
// counts those that were seen; -1 ends the worker.

import { workerData } from "node:worker_threads";
import { loadShim } from "../../src/core/shim/shim.ts";
import { type InterruptHandle, interruptGuest } from "../../src/index.ts";

export interface Signaling {
  readonly seed: bigint;
  readonly turn: Int32Array<SharedArrayBuffer>;
  readonly to: { readonly pid: number; readonly signal: number } | InterruptHandle;
}

const { seed, turn, to }: Signaling = workerData;
const random = randomWords(seed);
const shim = loadShim();

for (let round = 0; ; round++) {
  Atomics.wait(turn, 0, round);
  if (Atomics.load(turn, 0) < 0) break;
  for (let left = random() % 500n; left > 0n; left--);
  if ("pid" in to) shim.tgkill(to.pid, to.pid, to.signal);
  else interruptGuest(to);
}
