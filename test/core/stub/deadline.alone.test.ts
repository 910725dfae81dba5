import { SLOWNESS } from "../../support/processes.ts";

const deadlines = suite("deadline");

const LIMIT = 100;
const SENDERS = 4;
/**
 * How many times the deadline may pass on the clock. A machine that is emulated is paused by its host, and that counts as
 * little as a stop of the process.
 */
const MOST = 2 * SLOWNESS;

/** Runs `body` while more processes than processors send signals to `pid`. */
async function flooded(pid: number, body: () => void): Promise<void> {
  const senders = Array.from(
    { length: SENDERS },
    () => new Running(hostCommand("sender", `${pid}`)),
  );
  try {
    await Promise.all(senders.map((sender) => sender.says(/sending/)));
    body();
  } finally {
    for (const { pid: sender } of senders) process.kill(sender, "SIGKILL");
    await Promise.all(senders.map(({ ended }) => ended));
  }
}

/** Fails unless `body` takes one deadline and less than `MOST`, as the median of some runs. */
function takesOne(body: () => void): void {
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    body();
    return performance.now() - started;
  }).sort((a, b) => a - b);
  assert.ok((times[0] ?? 0) > 0.9 * LIMIT && (times[2] ?? 0) < MOST * LIMIT, `${times} ms`);
}

deadlines("of an injected call holds while four processes send signals", async () => {
  using tracer = new Tracer({ deadline: LIMIT });
  const stub = tracer.createStub();
  await flooded(stub.pid, () => {
    takesOne(() => thrown(DeadlineError, () => stub.inject("ppoll", 0, 0, 0, 0)));
  });
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

deadlines("of a switch holds while four processes send signals", async () => {
  using platform = Platform.open();
  const { space, context } = load(platform, asm.SPIN);
  await flooded(space.pid, () => {
    takesOne(() => {
      const event = context.switch(space, { deadline: LIMIT });
      assert.equal(event, { kind: "interrupt", reason: "deadline" });
    });
  });
});

/** Without it (CONFIG_SCHED_INFO) time in which a host is stopped counts: shim/core/wait.c. */
const withSchedstat = needs(deadlines, {
  "/proc/PID/schedstat": existsSync("/proc/thread-self/schedstat"),
});

withSchedstat("does not run while the host is stopped", async () => {
  const host = new Running(hostCommand("waiting", `${1000 * SLOWNESS}`));
  await host.says(/waiting/);
  const waits = () => childrenOf(host.pid).some((pid) => processState(pid)?.state === "S");
  assert.ok(await eventually(waits, 1000));
  process.kill(host.pid, "SIGSTOP");
  await eventually(() => processState(host.pid)?.state === "T", 1000);
  await new Promise((resolve) => setTimeout(resolve, 1500 * SLOWNESS));
  process.kill(host.pid, "SIGCONT");
  await eventually(() => processState(host.pid)?.state === "S", 1000);
  host.write("x");
  assert.match((await host.ended).stdout, "read returned 1");
});
