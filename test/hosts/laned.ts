// A host that works until it is killed: `laned`. It prints "pid N" for each stub before it uses it,
// and makes calls, batches and stubs without a wait.

const tracer = new Tracer({ lane: "fast" });
const master = tracer.createStub();
master.scrub();
const stubs: Stub[] = [];
for (;;) {
  const { stubs: made } = master.createMany(2);
  stubs.push(...made, master.createStub());
  writeSync(1, `pid ${stubs.at(-1)?.pid}\n`);
  for (const stub of stubs) {
    const batch = stub.batch();
    const page = batch.call("mmap", 0, 4096, 3, 0x22, -1, 0);
    batch.call("munmap", page, 4096);
    batch.run();
    if (stub.call("getpid") !== BigInt(stub.pid)) throw new Error("another pid");
  }
  while (stubs.length > 8) stubs.shift()?.close();
}
