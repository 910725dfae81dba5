import { inject } from "../../../src/core/stub/injection.ts";
import { inOwnPids } from "../../support/processes.ts";

const answers = suite("outside: results that name another process");

const SIGKILL = 9;

/** The default encoder with other functions. */
function lying(functions: Partial<Encoder>): Encoder {
  return Object.assign(Object.create(openEncoder("assembly")), functions);
}

answers("a process whose pid an encoder returns for a clone is not touched", () => {
  const victim = spawn("sleep", ["60"]);
  const pid = victim.pid ?? 0;
  try {
    let lies = false;
    const right = openEncoder("assembly");
    const encoder = lying({
      syscallResult: (block) => (lies ? BigInt(pid) : right.syscallResult(block)),
    });
    using tracer = new Tracer({ encoder });
    const master = tracer.createStub();
    lies = true;
    const error = thrown(EncoderError, () => master.createStub());
    assert.match(error.message, `returns ${pid} for a clone that returned`);
    lies = false;
    assert.is(processState(pid)?.state, "S", "it is not stopped");
    assert.equal(childrenOf(master.pid), [], "the clone is not left behind");
    tracer.close();
    assert.ok(isAlive(pid));
  } finally {
    victim.kill("SIGKILL");
  }
});

answers("a birth that fails ends no child whose end would harm its parent", () => {
  let lies = false;
  const right = openEncoder("assembly");
  const encoder = lying({
    syscallResult: (block) => (lies ? 0n : right.syscallResult(block)),
  });
  using tracer = new Tracer({ encoder });
  const master = tracer.createStub();
  const clone = encoder.encodeClone(
    tracer.host.flag("CLONE_FILES"),
    tracer.host.constant("SIGUSR2"),
  );
  const { word } = inject(master.thread, tracer.host.flag("SYS_clone"), [clone], {
    setUp: ({ offset }) => encoder.encodeBootstrap(offset, master.pid),
  });
  lies = true;
  thrown(EncoderError, () => master.createStub());
  lies = false;
  assert.equal(childrenOf(master.pid), [Number(word)], "only the harmless one is ended");
  assert.is(master.call("getpid"), BigInt(master.pid));
});

answers("a clone that ends before it is attached is an error, and leaves no zombie", () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  const { shim } = tracer.host;
  const { inject } = shim;
  shim.inject = (tid, frame, injection) => {
    const result = inject(tid, frame, injection);
    const answer = tracer.host.frame.word(HOST_MACHINE.word.result);
    if (answer > 1n) shim.tgkill(Number(answer), Number(answer), SIGKILL);
    return result;
  };
  try {
    const { message } = thrown(DeathError, () => master.createStub());
    assert.match(message, "it ended before it was attached");
  } finally {
    shim.inject = inject;
  }
  assert.equal(childrenOf(master.pid), []);
  assert.is(master.call("getpid"), BigInt(master.pid));
});

needs(answers, { "user namespaces": hasNamespaces })(
  "a process with the pid of a detached stub is not touched",
  async () => {
    await succeeded(run(inOwnPids(hostCommand("choosing_pids", "detached"))));
  },
);

answers("a stub that no signal stops is not reported as traced by another process", async () => {
  const { stdout, stderr, signal } = await run(hostCommand("unstoppable"));
  assert.is(signal, null, stderr);
  assert.match(stdout, "it is in a system call that no signal interrupts");
});
