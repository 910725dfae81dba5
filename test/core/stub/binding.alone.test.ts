import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { loadShim } from "../../../src/core/shim/shim.ts";
import { GUEST_ADDRESS, GUEST_CODE } from "../../../src/labs/bench/guest.ts";

const binding = suite("binding to one processor");

/** The processors that a process may use. */
function allowed(pid: number | "thread-self"): string {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return /Cpus_allowed_list:\s+(\S+)/.exec(status)?.[1] ?? "";
}

/** How often a process has given up its processor by sleeping, and otherwise. */
function contextSwitches(pid: number): number[] {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return [...status.matchAll(/voluntary_ctxt_switches:\s+(\d+)/g)].map(([, count]) =>
    Number(count),
  );
}

const before = allowed("thread-self");
// On a machine with one processor there is nothing to bind.
const processors = availableParallelism();
const test = needs(binding, { "two processors": processors > 1 });

test("the tracing thread and its stubs are bound while a tracer is open", () => {
  const tracer = new Tracer();
  const stub = tracer.createStub().createStub();
  assert.match(allowed("thread-self"), /^\d+$/);
  assert.is(allowed(stub.pid), allowed("thread-self"));
  tracer.close();
  assert.is(allowed("thread-self"), before);
  tracer.close();
  assert.is(allowed("thread-self"), before);
});

test("the last tracer that is closed ends the binding", () => {
  const one = new Tracer();
  const other = Platform.open();
  one.close();
  assert.match(allowed("thread-self"), /^\d+$/);
  other.close();
  assert.is(allowed("thread-self"), before);
});

test("bind: false leaves the thread alone", () => {
  using platform = Platform.open({ bind: false });
  assert.is(allowed("thread-self"), before);
  assert.is(allowed(platform.master.pid), before);
});

test("no worker is bound to the processor of the thread that starts it", async () => {
  using tracer = new Tracer();
  assert.ok(tracer);
  const bundle = JSON.stringify(new URL("bound_in_worker.js", import.meta.url).href);
  const start = () => once(new Worker(`import(${bundle})`, { eval: true }), "message");
  const workers = [];
  for (let i = 0; i < processors; i++) workers.push(...(await start()));
  const own = allowed("thread-self");
  for (const { bound, after } of workers) {
    assert.match(bound, /^\d+$/);
    assert.is.not(bound, own);
    assert.is(after, before);
  }
  const others = new Set(workers.map(({ bound }) => bound));
  assert.is(others.size, processors - 1, "each of the others has a worker");
});

test("a tracer that cannot be opened leaves no binding", () => {
  assert.throws(() => new Tracer({ deadline: 0 }));
  assert.is(allowed("thread-self"), before);
});

test("what the program binds itself to meanwhile stays", () => {
  const shim = loadShim();
  const tracer = new Tracer();
  const other = allowed("thread-self") === "0" ? 1 : 0;
  shim.bind(0, other);
  tracer.close();
  assert.is(allowed("thread-self"), `${other}`);
  const all = new Uint8Array(128).fill(0xff);
  shim.setAffinity(0, all, all.length);
  assert.is(allowed("thread-self"), before);
});

test("a stub serves the lane fast on another processor", () => {
  using tracer = new Tracer({ lane: "fast" });
  const stub = tracer.createStub();
  const own = allowed("thread-self");
  assert.is(allowed(stub.pid), own);
  stub.call("getpid");
  assert.is.not(allowed(stub.pid), own);
  stub.registers();
  assert.is(allowed(stub.pid), own, "a stub that stops is beside the tracer");
  stub.call("getpid");
  assert.is.not(allowed(stub.pid), own);
  assert.is(allowed(stub.createStub().pid), own, "a clone is beside the tracer again");
  stub.scrub();
  assert.is(allowed(stub.pid), own, "and so is a stub without a ring");
});

needs(binding, { amd64: HOST_ARCH === "amd64", "two processors": processors > 1 })(
  "a guest that waits on a processor which others want sleeps, and does not yield",
  async () => {
    using platform = Platform.open({ lane: "fast" });
    const space = platform.newAddressSpace();
    space.mapAnonymous(GUEST_ADDRESS, GUEST_CODE.length, "rwx");
    space.write(GUEST_ADDRESS, GUEST_CODE);
    const context = platform.newContext();
    context.registers.set("rip", BigInt(GUEST_ADDRESS));
    context.switch(space);
    const busy = [1, 2, 3].map(() => new Running(["sh", ["-c", "while :; do :; done"]]));
    const processor = Number(allowed(space.pid));
    for (const { pid } of busy) platform.tracer.host.shim.bind(pid, processor);
    const before = contextSwitches(space.pid);
    for (let i = 0; i < 50; i++) {
      // Longer than it looks for its turn.
      const until = performance.now() + 1;
      while (performance.now() < until);
      context.switch(space);
    }
    const after = contextSwitches(space.pid);
    for (const { pid, ended } of busy) {
      process.kill(pid, "SIGKILL");
      await ended;
    }
    const [slept = 0, yielded = 0] = after.map((count, i) => count - (before[i] ?? 0));
    assert.ok(slept > 2 * yielded, `${slept} sleeps, ${yielded} yields or preemptions`);
  },
);

binding("with the lane fast stubs lead process groups of the host's session", () => {
  using tracer = new Tracer({ lane: "fast" });
  const master = tracer.createStub();
  const { pid } = master;
  assert.is(readProcess(pid).session, readProcess(process.pid).session);
  assert.is(processState(pid)?.group, pid);
  assert.is(processState(master.createStub().pid)?.group, pid);
});
