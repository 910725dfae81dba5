// A worker that interrupts guests: they count in the first word of a shared file, and as soon as one makes progress,
// it is interrupted. `turn` is the number of the round; -1 ends the worker.

import { readSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { type InterruptHandle, interruptGuest } from "../../src/index.ts";

export interface Interrupting {
  readonly handle: InterruptHandle;
  readonly fd: number;
  readonly turn: Int32Array<SharedArrayBuffer>;
}

const { handle, fd, turn }: Interrupting = workerData;
const word = new BigUint64Array(1);

function progress(): bigint {
  readSync(fd, word, 0, 8, 0);
  return word[0] ?? 0n;
}

for (let round = 0; ; round++) {
  Atomics.wait(turn, 0, round);
  if (Atomics.load(turn, 0) < 0) break;
  const before = progress();
  const own = Atomics.load(turn, 0);
  // A round that ends otherwise has no more progress.
  while (progress() === before && Atomics.load(turn, 0) === own);
  interruptGuest(handle);
}
