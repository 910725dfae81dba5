// A host that registers an rseq area itself, of a length that no C library uses. It prints
// as JSON what a stub inherits of it, and what is left of it after a birth, also under the filter of a platform.

import { readRseq } from "../../src/core/stub/birth.ts";
import { hasRseq } from "../../src/labs/record/examine.ts";
import { registerRseq } from "../support/libc.ts";

registerRseq(64);
using tracer = new Tracer();
const bare = tracer.createStub({ omit: ["rseq"] });
const stub = tracer.createStub();
const left = hasRseq(stub);
stub.scrub();
for (let i = 0; i < 5000; i++) stub.call("sched_yield");
using platform = Platform.open();
console.log(
  JSON.stringify({
    length: readRseq(bare.thread)?.length,
    inherited: hasRseq(bare),
    left,
    lives: stub.call("getpid") === BigInt(stub.pid),
    leftInMaster: readRseq(platform.master.thread)?.address !== 0n,
  }),
);
