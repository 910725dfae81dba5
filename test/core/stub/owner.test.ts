// A birth that fails leaves no child without an owner, and says why it failed.

import { EncoderError } from "../../../src/index.ts";

const owner = suite("owner of a child");

owner("a child that fails after its attach is ended at once, and the cause is reported", () => {
  const tracer = new Tracer();
  const parent = tracer.createStub();
  const { encoder } = tracer.host;
  const { rewindSyscall } = encoder;
  const rewind = () => {
    throw new EncoderError("it rewinds nothing");
  };
  Object.assign(encoder, { rewindSyscall: rewind });
  const started = performance.now();
  assert.throws(() => parent.createStub(), /it rewinds nothing/);
  Object.assign(encoder, { rewindSyscall });
  assert.ok(performance.now() - started < 2000);
  assert.equal(childrenOf(parent.pid), []);
  tracer.close();
  assert.equal(childrenOf(process.pid), []);
});

for (const lane of ["faithful", "fast"] as const) {
  owner(`no child is made if the encoder has no room for its registers: ${lane}`, () => {
    const tracer = new Tracer({ lane });
    const parent = tracer.createStub();
    parent.call("getpid");
    const blocks = [];
    for (;;)
      try {
        blocks.push(tracer.host.blocks.allocate());
      } catch {
        break;
      }
    for (const birth of [() => parent.createStub(), () => tracer.createStub()])
      thrown(EncoderError, birth);
    assert.equal(childrenOf(parent.pid), []);
    assert.equal(childrenOf(process.pid), [parent.pid]);
    for (const block of blocks) tracer.host.blocks.release(block);
    tracer.close();
  });
}

owner("a call after one of the lane fast has the tracer's deadline", () => {
  using tracer = new Tracer({ lane: "fast", deadline: 200 });
  const stub = tracer.createStub();
  stub.call("getpid");
  const started = performance.now();
  const error = thrown(DeadlineError, () => stub.observe("pause"));
  assert.match(error.message, "within 200 ms");
  assert.ok(performance.now() - started < 5000);
});

owner.run();
