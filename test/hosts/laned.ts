// A host that works until it is killed: `laned INJECTIONS BIRTHS`. It prints "pid N" for each stub before it uses it,
// and makes calls, batches and stubs without a wait.

import { writeSync } from "node:fs";
import type { BirthLane, InjectionLane } from "../../src/core/stub/lane.ts";
import { Platform, type Subprocess } from "../../src/index.ts";

const [injections, births] = process.argv.slice(2);
const platform = Platform.open({
  injections: injections as InjectionLane,
  births: births as BirthLane,
});
const spaces: Subprocess[] = [];
for (;;) {
  platform.prefill(2);
  const space = platform.newAddressSpace();
  writeSync(1, `pid ${space.pid}\n`);
  spaces.push(space);
  for (const { stub } of spaces) {
    const batch = stub.batch();
    const page = batch.call("mmap", 0, 4096, 3, 0x22, -1, 0);
    batch.call("munmap", page, 4096);
    batch.run();
    if (stub.call("getpid") !== BigInt(stub.pid)) throw new Error("another pid");
  }
  if (spaces.length > 8) spaces.shift()?.release();
}
