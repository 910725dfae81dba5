// What a tracer has made it ends, whatever fails in between.

import { BirthError, CloseError } from "../../../src/index.ts";
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
  for (let milliseconds = 1; milliseconds <= 12; milliseconds++) {
    const tracer = new Tracer({ lane: "fast" });
    const master = tracer.createStub();
    // The shell ends at once; its child is an orphan, not a child of this process.
    const kill = `sleep ${milliseconds / 1000}; kill -9 ${master.pid}`;
    spawnSync("sh", ["-c", `(${kill}) >&- 2>&- &`]);
    thrown(DeathError, () => {
      for (;;) for (const stub of master.createMany(500).stubs) stub.close();
    });
    tracer.close();
    assert.equal(childrenOf(process.pid), []);
  }
});

/** An exit signal that a parent survives, but that may be harmful to another one. */
const exitSignal = "SIGWINCH";

ledger("a stub that is killed before it is attached is reaped, whatever its exit signal", () => {
  using tracer = new Tracer();
  const master = tracer.createStub({ exitSignal });
  const { shim } = tracer.host;
  const { attach } = shim;
  shim.attach = (tid, relative) => {
    process.kill(tid, "SIGKILL");
    while (processState(tid)?.state !== "Z");
    return attach(tid, relative);
  };
  try {
    thrown(BirthError, () => tracer.createStub({ exitSignal }));
  } finally {
    shim.attach = attach;
  }
  assert.equal(childrenOf(process.pid), [master.pid]);
});

ledger("a child is ended if its parent is killed while it gets its signal mask back", () => {
  using tracer = new Tracer();
  const master = tracer.createStub({ exitSignal });
  const { shim } = tracer.host;
  const { setMask } = shim;
  let child = 0;
  shim.setMask = (tid, mask) => {
    if (tid !== master.pid) {
      child = tid;
      return setMask(tid, mask);
    }
    process.kill(tid, "SIGKILL");
    return -constants.errno.ESRCH;
  };
  try {
    thrown(DeathError, () => master.createStub());
  } finally {
    shim.setMask = setMask;
  }
  assert.is.not(child, 0);
  // It is reaped here, and then by init, which inherits it.
  assert.is(processState(child)?.state ?? "Z", "Z");
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
  none(others, ({ alive }) => alive);
  tracer.close();
  assert.equal([harmful.alive, master.alive], [false, false]);
  assert.equal(childrenOf(process.pid), []);
});

ledger("a failed birth leaves the children of the caller's own clones alone", () => {
  using tracer = new Tracer({ deadline: 2000 });
  const parent = tracer.createStub();
  const own = Number(parent.call("clone", tracer.host.flag("CLONE_PTRACE"), 0, 0, 0, 0));
  const { attach } = tracer.host.shim;
  Object.assign(tracer.host.shim, { attach: () => -1 });
  assert.throws(() => parent.createStub());
  Object.assign(tracer.host.shim, { attach });
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
