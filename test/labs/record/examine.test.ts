// What a healthy stub has, whatever drives it; bootstrap examines faithful ones.

import { LANES } from "../../../src/core/stub/tracing_thread.ts";
import { examine } from "../../../src/index.ts";

const examination = suite("examine");

/** Expects that a stub is healthy, twice, and that it can be used; returns the names of what was not examined. */
function expectHealthy(stub: Stub): string[] {
  const twice = [examine(stub), examine(stub)].map(({ checks }) => {
    none(checks, ({ status }) => status === "failed");
    return checks.filter(({ status }) => status === "skipped").map(({ name }) => name);
  });
  assert.equal(twice[1], twice[0]);
  assert.is(stub.call("getpid"), BigInt(stub.pid));
  return twice[0] ?? [];
}

for (const lane of LANES) {
  examination(`a stub and its clone are healthy: ${lane}`, () => {
    using tracer = new Tracer({ lane });
    const stub = tracer.createStub();
    stub.scrub();
    stub.call("getpid");
    const clone = stub.createStub();
    assert.equal([...expectHealthy(stub), ...expectHealthy(clone)], []);
  });
}

examination("a filtered stub survives, with what cannot be asked", () => {
  using platform = Platform.open();
  const [{ pid, stub }, { master }] = [platform.newAddressSpace(), platform];
  assert.is(readProcess(pid).tracerTid, platform.tracer.host.tid);
  for (const each of [master, stub]) assert.ok(expectHealthy(each).includes("death signal"));
});

examination("a stub without a filter is examined as a whole", () => {
  using platform = Platform.open({ seccomp: false });
  assert.equal(expectHealthy(platform.newAddressSpace().stub), []);
});

needs(examination, { amd64: HOST_ARCH === "amd64" })("a stub between guests is healthy", () => {
  using platform = Platform.open({ lane: "fast" });
  const guest = load(platform, asm.SYSCALL);
  toSyscall(guest);
  assert.equal(expectHealthy(guest.space.stub), ["signals caught", "memory map", "resident"]);
});

examination("a stub in the host's session is not healthy, if it should have its own", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub({ omit: ["setsid"] });
  stub.scrub();
  const failed = examine(stub).checks.filter(({ status }) => status === "failed");
  lists(failed, ["session"], ({ name }) => name);
});
