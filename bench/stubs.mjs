// The TypeScript side of the benchmarks: `node bench/stubs.mjs getpid|grandchild|switch|pool N` uses the protocol
// of bench/baseline.c. It prints "ready"; then, for each line of its input, it runs a batch of N operations and
// prints the microseconds of one.

import { createInterface } from "node:readline";
import { Platform, Tracer } from "../dist/index.js";
import { SYS_getpid, startGuest } from "./guest.mjs";

const [what, size] = process.argv.slice(2);
const count = Number(size);

/** Each prepares a benchmark. `run` runs a batch and returns the milliseconds of `count` operations. */
const benchmarks = {
  getpid() {
    const { tracer, master } = openMaster();
    const expected = BigInt(master.pid);
    const run = () => {
      const start = performance.now();
      for (let i = 0; i < count; i++) {
        if (master.call("getpid") !== expected) throw new Error("getpid returned another pid");
      }
      return performance.now() - start;
    };
    return { run, close: () => tracer.close() };
  },

  grandchild() {
    const { tracer, master } = openMaster();
    const run = () => {
      const start = performance.now();
      const stubs = Array.from({ length: count }, () => master.createStub());
      const milliseconds = performance.now() - start;
      for (const stub of stubs) stub.close();
      return milliseconds;
    };
    return { run, close: () => tracer.close() };
  },

  switch() {
    const platform = Platform.open();
    const space = platform.newAddressSpace();
    const context = startGuest(platform, space);
    const run = () => {
      const start = performance.now();
      for (let i = 0; i < count; i++) {
        const event = context.switch(space);
        if (event.kind !== "syscall" || event.number !== SYS_getpid) {
          throw new Error("the guest stopped by something other than getpid");
        }
        context.setResult(BigInt(i));
      }
      return performance.now() - start;
    };
    return { run, close: () => platform.close() };
  },

  pool() {
    const platform = Platform.open();
    let space = platform.newAddressSpace();
    const run = () => {
      const start = performance.now();
      for (let i = 0; i < count; i++) {
        space.release();
        space = platform.newAddressSpace();
      }
      return performance.now() - start;
    };
    return { run, close: () => platform.close() };
  },
};

function openMaster() {
  const tracer = new Tracer();
  const master = tracer.createStub();
  master.scrub();
  return { tracer, master };
}

const { run, close } = benchmarks[what]();
console.log("ready");
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(((run() * 1000) / count).toFixed(3));
}
close();
