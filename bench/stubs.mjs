// The TypeScript side of the benchmarks: `node bench/stubs.mjs getpid|grandchild N` speaks the protocol of
// bench/baseline.c. It prints "ready", then for each line of its input runs a batch of N and prints the
// microseconds of one operation.

import { createInterface } from "node:readline";
import { Tracer } from "../dist/index.js";

const [what, size] = process.argv.slice(2);
const count = Number(size);

const tracer = new Tracer();
const master = tracer.createStub();
master.scrub();

const batches = {
  getpid() {
    const expected = BigInt(master.pid);
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      if (master.call("getpid") !== expected) throw new Error("getpid answered another pid");
    }
    return performance.now() - start;
  },
  grandchild() {
    const start = performance.now();
    const stubs = Array.from({ length: count }, () => master.createStub());
    const milliseconds = performance.now() - start;
    for (const stub of stubs) stub.close();
    return milliseconds;
  },
};

console.log("ready");
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(((batches[what]() * 1000) / count).toFixed(3));
}
tracer.close();
