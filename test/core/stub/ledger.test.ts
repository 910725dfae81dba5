// What a tracer has made it ends, whatever fails in between.

import { CloseError, interruptGuest } from "../../../src/index.ts";
import { takeDescriptors } from "../../support/processes.ts";

const ledger = suite("ledger");

ledger("the stubs of a turn that misses its deadline are ended", () => {
  for (const deadline of [0.02, 0.05, 0.1, 0.3, 1]) {
    for (let i = 0; i < 10; i++) {
      const tracer = new Tracer({ lane: "fast", deadline });
      try {
        tracer.createStub().createMany(200);
      } catch (error) {
        assert.instance(error, DeadlineError);
      }
      tracer.close();
      assert.equal(childrenOf(process.pid), []);
    }
  }
});

ledger("the stubs of a turn whose stub is killed are ended", () => {
  for (let i = 0; i < 5; i++) {
    const tracer = new Tracer({ lane: "fast" });
    const killed = tracer.createStub();
    const batch = killed.batch();
    // The last of them kills the stub itself.
    killed.batch();
    batch.call("kill", killed.pid, 9);
    thrown(DeathError, () => batch.run());
    tracer.close();
    assert.equal(childrenOf(process.pid), []);
  }
});

ledger("a close that fails ends all that it can, and is repeated", () => {
  const tracer = new Tracer();
  const master = tracer.createStub();
  const harmful = master.createStub({ exitSignal: "SIGKILL" });
  const others = [tracer.createStub(), tracer.createStub()];
  const taken = takeDescriptors();
  const error = thrown(CloseError, () => tracer.close());
  for (const file of taken) closeSync(file);
  assert.match(error.message, "EMFILE");
  assert.equal(
    others.map(({ alive }) => alive),
    [false, false],
  );
  tracer.close();
  assert.equal([harmful.alive, master.alive], [false, false]);
  assert.equal(childrenOf(process.pid), []);
});

ledger("a failed birth leaves the children of the caller's own clones alone", () => {
  using tracer = new Tracer({ deadline: 2000 });
  const parent = tracer.createStub();
  const own = Number(parent.call("clone", tracer.flag("CLONE_PTRACE"), 0, 0, 0, 0));
  const { attach } = tracer.shim;
  Object.assign(tracer.shim, { attach: () => -1 });
  assert.throws(() => parent.createStub());
  Object.assign(tracer.shim, { attach });
  assert.is.not(processState(own), undefined);
});

ledger("children that died while their parent was detached are reaped after its attach", () => {
  using tracer = new Tracer();
  const parent = tracer.createStub();
  const child = parent.createStub();
  parent.detach();
  child.close();
  assert.is(processState(child.pid)?.state, "Z");
  parent.attach();
  assert.is(processState(child.pid), undefined);
});

ledger("a stub whose first thread alone exits is dead at once", () => {
  const tracer = new Tracer({ deadline: 1000 });
  const parent = tracer.createStub();
  const child = parent.createStub();
  const [, other] = readdirSync("/proc/self/task");
  child.ticket(Number(other));
  const started = performance.now();
  thrown(DeathError, () => child.inject(callNumber("exit"), 0));
  assert.ok(performance.now() - started < 5000);
  tracer.close();
  assert.equal(childrenOf(process.pid), []);
});

for (const exitSignal of ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS", "SIGTRAP"]) {
  ledger(`${exitSignal} is refused as an exit signal: it looks like a fault of the parent`, () => {
    using tracer = new Tracer();
    assert.match(thrown(InputError, () => tracer.createStub({ exitSignal })).message, exitSignal);
  });
}

ledger("a subprocess whose page is sealed is closed when it is released", () => {
  using platform = Platform.open({ seccomp: false });
  const space = platform.newAddressSpace();
  space.mapAnonymous(0x10000, PAGE_SIZE, "rw");
  // mseal, where the kernel has it: the number is the same everywhere.
  if (space.stub.inject(462, 0x10000, PAGE_SIZE, 0).errno !== null) return;
  space.release();
  assert.is(space.stub.alive, false);
});

ledger("an interrupt handle with another signal is refused", () => {
  const words = new Int32Array(new SharedArrayBuffer(12));
  words.set([0, process.pid, process.pid]);
  assert.throws(() => interruptGuest({ words, signal: 9 }), /expected a Context.interruptHandle/);
});
