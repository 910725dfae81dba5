// Time limit: 120 s

import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../src/fuzz/batch.ts";
import { Generator } from "../src/fuzz/generate.ts";
import { readMachine } from "../src/fuzz/machine.ts";
import { signatureOf } from "../src/fuzz/signature.ts";
import { Trier } from "../src/fuzz/trial.ts";
import { childrenOf, processState } from "./processes.ts";

const lost = suite("fuzz: stubs that somebody else ends");

const SIZE = 512;
const BATCHES = 40;

/** What cases come to, in a trier whose stubs `disturb` may end before each batch. */
function outcomes(disturb: (trier: Trier) => void) {
  using trier = new Trier({ deadline: 2000 });
  const batch = new Batch(SIZE);
  const generator = new Generator(5n, undefined, { ...readMachine(trier.tracer), path: "both" });
  const signatures: number[] = [];
  for (let from = 0; from < SIZE * BATCHES; from += SIZE) {
    for (let i = 0; i < SIZE; i++) generator.generate(batch, i, from + i);
    disturb(trier);
    trier.run(batch, SIZE);
    for (let i = 0; i < SIZE; i++) signatures.push(signatureOf(batch, i, 0));
  }
  const { deaths, hangs } = trier;
  return { signatures, deaths, hangs };
}

const undisturbed = outcomes(() => {});

const VICTIMS: Readonly<Record<string, (trier: Trier) => number>> = {
  "the stub that is traced": ({ pid }) => pid,
  "the stub that returns from signals": ({ returningPid }) => returningPid,
  "the parent of both": ({ pid }) => processState(pid)?.parent ?? Number.NaN,
};

for (const [name, victimOf] of Object.entries(VICTIMS)) {
  lost(`without ${name} all comes to the same`, () => {
    const seen = outcomes((trier) => process.kill(victimOf(trier), "SIGKILL"));
    assert.equal(seen, undisturbed);
  });
}

lost("nor does it matter when they are ended", async () => {
  // Two pids, and whether it is over.
  const shared = new Int32Array(new SharedArrayBuffer(12));
  const killer = new Worker(
    `const { workerData: shared } = require("node:worker_threads");
     for (let n = 0; Atomics.wait(shared, 2, 0, 3 + (n % 5)) === "timed-out"; n++) {
       const pid = Atomics.load(shared, n % 2);
       try { if (pid > 1) process.kill(pid, "SIGKILL"); } catch {}
     }`,
    { eval: true, workerData: shared },
  );
  let kills = 0;
  const seen = outcomes(({ pid, returningPid }) => {
    if (Atomics.load(shared, 0) !== 0 && Atomics.load(shared, 0) !== pid) kills++;
    Atomics.store(shared, 0, pid);
    Atomics.store(shared, 1, returningPid);
  });
  Atomics.store(shared, 2, 1);
  Atomics.notify(shared, 2);
  await new Promise((resolve) => killer.once("exit", resolve));
  assert.equal(seen, undisturbed);
  assert.ok(kills > 5, `${kills} stubs were lost`);
  assert.equal(childrenOf(process.pid), []);
});

lost.run();
