import { readRseq } from "../../../src/core/stub/birth.ts";
import { StopError } from "../../../src/index.ts";
import { hasRseq } from "../../../src/labs/record/examine.ts";
import { hasMusl } from "../../support/libc.ts";

// Why a forked child needs each step of its set-up: what happens to a stub without it.

const omitted = suite("rseq and other omitted steps");

const onGlibc = needs(omitted, { glibc: !hasMusl });

/** More calls than a stub without its rseq area survives: its first preemption kills it. */
const CALLS = 5000;

const rseqArea = ({ thread }: Stub) => readRseq(thread)?.address;

onGlibc("a scrubbed stub with rseq is stopped by SIGSEGV, and dies of it", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub({ omit: ["rseq"] });
  assert.is.not(rseqArea(stub), 0n);
  let error: unknown;
  try {
    stub.scrub();
    for (let i = 0; i < CALLS; i++) stub.call("sched_yield");
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof StopError)) throw error ?? new Error("the stub lives");
  assert.match(error.message, "was stopped by SIGSEGV after an injected");

  stub.thread.expect("stopped").resume("PTRACE_CONT", tracer.host.constant("SIGSEGV"));
  assert.match(thrown(DeathError, () => stub.thread.wait()).how, /^killed by SIGSEGV/);
});

onGlibc("a stub has no rseq area, and neither have its clones", () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  for (const stub of [master, master.createStub()]) {
    assert.is(rseqArea(stub) ?? 0n, 0n);
    assert.not.ok(hasRseq(stub));
  }
});

omitted("an area of any length that was not registered by the C library is unregistered", () => {
  const [node, args] = hostCommand("rseq");
  // The C library does not register an area for the main thread, so the host can.
  const env = { ...process.env, GLIBC_TUNABLES: "glibc.pthread.rseq=0" };
  const { stdout, stderr } = spawnSync(node, args, { encoding: "utf8", env });
  assert.is(stderr, "");
  assert.equal(JSON.parse(stdout), {
    length: 64,
    inherited: true,
    left: false,
    lives: true,
    leftInMaster: false,
  });
});

omitted("a scrubbed stub without rseq survives", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  stub.scrub();
  for (let i = 0; i < CALLS; i++) stub.call("sched_yield");
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

omitted("a stub has its own session; without setsid it is in the host's", () => {
  using tracer = new Tracer();
  const own = tracer.createStub();
  assert.is(readProcess(own.pid).session, own.pid);
  const shared = tracer.createStub({ omit: ["setsid"] });
  assert.is(readProcess(shared.pid).session, readProcess(process.pid).session);
});

omitted("a stub ignores and catches no signal; without dispositions what the host does", () => {
  using tracer = new Tracer();
  const own = readProcess(tracer.createStub().pid);
  assert.is(own.ignored, 0n);
  assert.is(own.caught, 0n);
  const host = readProcess(process.pid);
  const inheriting = readProcess(tracer.createStub({ omit: ["dispositions"] }).pid);
  assert.is.not(host.ignored, 0n);
  assert.is(inheriting.ignored, host.ignored);
  assert.is(inheriting.caught, host.caught);
});

omitted("a stub blocks no signal; without unmask it blocks them all", () => {
  using tracer = new Tracer();
  assert.is(readProcess(tracer.createStub().pid).blocked, 0n);
  const masked = tracer.createStub({ omit: ["unmask"] });
  const all = openEncoder("assembly").blockableSignals(2n ** 64n - 1n);
  assert.is(readProcess(masked.pid).blocked, all);
  assert.is(masked.call("getpid"), BigInt(masked.pid));
});

omitted("after a birth with a fatal exit signal neither parent nor child blocks a signal", () => {
  using tracer = new Tracer();
  const parent = tracer.createStub({ exitSignal: "SIGKILL" });
  const child = parent.createStub();
  assert.is(readProcess(parent.pid).blocked, 0n);
  assert.is(readProcess(child.pid).blocked, 0n);
});
