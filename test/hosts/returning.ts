// A host whose stub tries setups by itself: `returning CODE`. It prints "pid N" for the master and the stub, then runs
// setups with RIP at that code repeatedly. Only a SIGKILL ends it.

import { writeSync } from "node:fs";
import { BASELINE } from "../../src/fuzz/case/baseline.ts";
import { Batch } from "../../src/fuzz/case/batch.ts";
import { writeSetup } from "../../src/fuzz/case/case.ts";
import { placeOf } from "../../src/fuzz/case/code.ts";
import { indexOf } from "../../src/fuzz/case/setups.ts";
import { SigreturnTrier } from "../../src/fuzz/try/sigreturn/trial.ts";
import { Tracer } from "../../src/index.ts";

const [code = "int3"] = process.argv.slice(2);
const tracer = new Tracer();
const master = tracer.createStub();
master.scrub();
const trier = new SigreturnTrier(master, { deadline: 60_000 });
writeSync(1, `pid ${master.pid}\npid ${trier.pid}\n`);

const batch = new Batch(1000);
for (let i = 0; i < batch.capacity; i++) {
  const block = BASELINE.with(indexOf("rip"), placeOf(code));
  writeSetup(
    {
      ...{ from: "signal", way: "SIGRETURN", on: "CONT", signal: 0 },
      ...{ block, pairs: [], words: [], length: 0 },
      frame: { ucFlags: 6, fpstate: false },
    },
    batch,
    i,
  );
}
trier.run(batch, code === "spin" ? 0 : 1);
writeSync(1, "running\n");
for (;;) trier.run(batch, batch.capacity);
