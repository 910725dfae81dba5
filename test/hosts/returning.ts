// A host whose stub tries setups by itself: `returning CODE`. It prints "pid N" for the master and the stub, then runs
// setups with RIP at that code repeatedly. Only a SIGKILL ends it.

import { writeSync } from "node:fs";
import { Tracer } from "../../src/index.ts";
import { Batch } from "../../src/labs/fuzz/case/batch.ts";
import { SigreturnTrier } from "../../src/labs/fuzz/try/sigreturn/trial.ts";
import { seed } from "../support/seeds.ts";

const [code = "int3"] = process.argv.slice(2);
const tracer = new Tracer();
const master = tracer.createStub();
master.scrub();
const trier = new SigreturnTrier(master, { deadline: 60_000 });
writeSync(1, `pid ${master.pid}\npid ${trier.pid}\n`);

const frame = { ucFlags: 6, fpstate: false };
const batch = new Batch(1000);
batch.put(Array(batch.capacity).fill(seed(code, {}, { way: "SIGRETURN", frame })));
trier.run(batch, code === "spin" ? 0 : 1);
writeSync(1, "running\n");
for (;;) trier.run(batch, batch.capacity);
