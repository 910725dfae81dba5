import { once } from "node:events";
import type { StubEnd } from "../../../src/index.ts";

const onDeath = suite("tracer.onDeath");

/** The next stub that dies. A listener alone does not keep this process alive. */
function nextDeath(tracer: Tracer): Promise<Stub> {
  const alive = setInterval(() => {}, 1000);
  return new Promise((resolve) => {
    const remove = tracer.onDeath((stub) => {
      remove();
      clearInterval(alive);
      resolve(stub);
    });
  });
}

onDeath("reports a stub that is killed at rest", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const death = nextDeath(tracer);
  process.kill(stub.pid, "SIGKILL");
  assert.is(await death, stub);
  const end: StubEnd = { kind: "signaled", signal: "SIGKILL", coreDumped: false };
  assert.equal(stub.end, end);
  assert.not(stub.alive);
});

onDeath("reports at once a stub that ends by an injected call, before the call throws", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const dead: (StubEnd | undefined)[] = [];
  tracer.onDeath(({ end }) => dead.push(end));
  assert.throws(() => stub.call("exit_group", 3));
  assert.equal(dead, [{ kind: "exited", status: 3 }]);
});

onDeath("reports neither closed stubs, nor to a removed listener", () => {
  const tracer = new Tracer();
  const dead: Stub[] = [];
  tracer.onDeath((stub) => dead.push(stub));
  const remove = tracer.onDeath(() => assert.unreachable("it was removed"));
  remove();
  const master = tracer.createStub();
  const grandchild = master.createStub();
  assert.throws(() => grandchild.call("exit_group", 0));
  master.createStub().close();
  master.createStub();
  tracer.close();
  assert.equal(dead, [grandchild]);
});

onDeath("turns an exception of a listener into a warning, and calls the others", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const failure = new Error("a listener failed");
  const warned = once(process, "warning");
  tracer.onDeath(() => {
    throw failure;
  });
  const death = nextDeath(tracer);
  process.kill(stub.pid, "SIGKILL");
  assert.is(await death, stub);
  assert.equal(await warned, [failure]);
});

onDeath("turns a rejection of a listener into a warning", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const failure = new Error("a listener rejected");
  const warned = once(process, "warning");
  tracer.onDeath(() => Promise.reject(failure));
  assert.throws(() => stub.call("exit_group", 0));
  assert.equal(await warned, [failure]);
});

onDeath("does not change what a call on a dead stub throws", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const death = nextDeath(tracer);
  process.kill(stub.pid, "SIGKILL");
  await death;
  for (const use of [() => stub.poll(), () => stub.call("getpid"), () => stub.registers()]) {
    assert.equal(thrown(DeathError, use).end, stub.end);
  }
});

onDeath("does not keep a process from ending", async () => {
  const { code, signal, stderr } = await run(hostCommand("listening"));
  assert.equal([code, signal, stderr], [0, null, ""]);
});
