import type { Lane } from "../../../src/core/stub/tracing_thread.ts";
import { loadFast } from "../../../src/fast/shim.ts";
import { by, DRIVES } from "../../support/drives.ts";

// What every lane of injections must do as the faithful one does.

const [SIGKILL, SIGTRAP, SIGRTMAX] = [9, 5, 64];
const SIGNALS = Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => signal !== SIGKILL);
const { ESRCH } = constants.errno;
const LIMIT = 100;

/** mmap's arguments for a page at an address of the kernel's choice. */
const A_PAGE = [0, PAGE_SIZE, 3, 0x22, -1, 0] as const;

/** A suite for each way to drive stubs. */
const suites = DRIVES.map((drive) => ({ drive, tests: suite(`injections: ${drive.name}`) }));

/** Adds a test of a stub to the suite of every lane. */
function each(
  name: string,
  body: (stub: Stub, lane: Lane, tracer: Tracer) => void | Promise<void>,
): void {
  for (const { drive, tests } of suites) {
    const { lane } = drive;
    tests(name, () =>
      by(drive, async () => {
        using tracer = new Tracer({ lane, deadline: name.includes("deadline") ? LIMIT : 5000 });
        const stub = tracer.createStub();
        stub.scrub();
        await body(stub, lane, tracer);
      }),
    );
  }
}

/** The state of a stub between two calls. */
const STATES = { faithful: /^t$/, fast: /^[RS]$/ };

each("a value, an errno and the lane are the result", (stub, lane) => {
  assert.equal(stub.inject("getpid"), { value: BigInt(stub.pid), errno: null, lane });
  assert.equal(stub.inject("close", -1), { value: null, errno: "EBADF", lane });
  assert.equal(stub.inject(-1), { value: null, errno: "ENOSYS", lane });
  assert.equal(stub.inject(0x4000_0000n), { value: null, errno: "ENOSYS", lane });
});

each("all six arguments and all 64 bits arrive", (stub) => {
  const page = stub.call("mmap", ...A_PAGE);
  assert.is(page % BigInt(PAGE_SIZE), 0n);
  stub.write(page, new Uint8Array(PAGE_SIZE).fill(7));
  assert.equal(stub.read(page + 4095n, 1), new Uint8Array([7]));
  assert.is(stub.inject("mmap", 1n << 63n, PAGE_SIZE, 3, 0x32, -1, 0).errno, "ENOMEM");
  assert.is(stub.inject("mmap", page, PAGE_SIZE, 3, 0x32, -1, 4095).errno, "EINVAL");
  assert.is(stub.call("munmap", page, PAGE_SIZE), 0n);
});

each("wrong arguments are refused, and nothing is executed", (stub) => {
  thrown(InputError, () => stub.inject("getpid", 1, 2, 3, 4, 5, 6, 7));
  thrown(InputError, () => Reflect.apply(stub.inject, stub, ["close", undefined]));
  thrown(InputError, () => stub.inject("getpidd"));
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

each("whatever signal is pending, the result is the kernel's", (stub) => {
  for (const signal of SIGNALS) {
    stub.tracer.shim.tgkill(stub.pid, stub.pid, signal);
    assert.is(stub.call("getppid"), BigInt(process.pid), `tgkill ${signal}`);
    process.kill(stub.pid, signal);
    assert.is(stub.inject("close", -1).errno, "EBADF", `kill ${signal}`);
  }
});

each("calls return although signals come every 200 µs", (stub) => {
  const memory = stub.map(PAGE_SIZE);
  // struct sigevent: a value, the signal, SIGEV_SIGNAL; struct itimerspec of a millisecond; a timer.
  const event = new DataView(new ArrayBuffer(128));
  event.setInt32(8, SIGRTMAX, true);
  for (const at of [64 + 8, 64 + 24]) event.setBigInt64(at, 1_000_000n, true);
  stub.write(memory, new Uint8Array(event.buffer));
  // Many more leave a busy machine no time for an instruction between two stops.
  for (let i = 0; i < 5; i++) {
    stub.call("timer_create", 1, memory, memory + 128n);
    const [timer = 0] = new Uint32Array(stub.read(memory + 128n, 4).buffer);
    stub.call("timer_settime", timer, 0, memory + 64n, 0);
  }
  for (let i = 0; i < 100; i++) assert.is(stub.call("getpid"), BigInt(stub.pid));
});

each("SIGTRAPs in a row forge nothing", (stub) => {
  for (let i = 0; i < 300; i++) {
    for (let sent = 0; sent < i % 4; sent++) stub.tracer.shim.tgkill(stub.pid, stub.pid, SIGTRAP);
    const call = i % 2 === 0 ? "getpid" : "getppid";
    assert.is(stub.call(call), BigInt(i % 2 === 0 ? stub.pid : process.pid), `${i}`);
  }
});

each("a call that a signal interrupts is restarted", async (stub) => {
  const page = stub.call("mmap", ...A_PAGE);
  const time = new BigInt64Array([0n, 60_000_000n]);
  stub.write(page, new Uint8Array(time.buffer));
  const sender = new Running(["sh", ["-c", `while kill -s USR1 ${stub.pid}; do sleep 0.01; done`]]);
  const started = performance.now();
  assert.is(stub.inject("nanosleep", page, 0).errno, null);
  assert.ok(performance.now() - started >= 59);
  process.kill(sender.pid, "SIGKILL");
  await sender.ended;
});

each("a call that misses the deadline leaves a stub that can be used", (stub) => {
  for (let i = 0; i < 3; i++) {
    const error = thrown(DeadlineError, () => stub.inject("ppoll", 0, 0, 0, 0));
    assert.match(error.message, `injected ppoll within ${LIMIT} ms`);
    assert.is(stub.call("getpid"), BigInt(stub.pid));
  }
});

each("a batch that misses the deadline names the call that did not return", (stub) => {
  const batch = stub.batch();
  for (const call of ["getpid", "ppoll", "getppid"] as const) batch.call(call);
  const error = thrown(DeadlineError, () => batch.run());
  assert.match(error.message, "injected ppoll within");
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

each("a sleep that misses the deadline is not continued by the next call", (stub) => {
  const page = stub.call("mmap", ...A_PAGE);
  stub.write(page, new Uint8Array(new BigInt64Array([3600n, 0n]).buffer));
  for (let i = 0; i < 3; i++) {
    thrown(DeadlineError, () => stub.inject("nanosleep", page, 0));
    assert.is(stub.call("getpid"), BigInt(stub.pid));
  }
});

each("a stub that is killed between two calls is a death", async (stub) => {
  stub.call("getpid");
  process.kill(stub.pid, "SIGKILL");
  const error = thrown(DeathError, () => stub.call("getpid"));
  assert.equal(error.end, { kind: "signaled", signal: "SIGKILL", coreDumped: false });
  assert.is(stub.alive, false);
  assert.is(processState(stub.pid), undefined);
});

each("a death between two calls is reported to listeners", async (stub, _lane, tracer) => {
  const dead: Stub[] = [];
  tracer.onDeath((each) => dead.push(each));
  stub.call("getpid");
  process.kill(stub.pid, "SIGKILL");
  assert.ok(await eventually(() => dead.length === 1, 5000));
  assert.is(dead[0], stub);
});

/** The parent of a stub that another cloned: with "fast" it is the host. */
const parentOf = (stub: Stub, lane: Lane) => BigInt(lane === "faithful" ? stub.pid : process.pid);

each("a thousand stubs at once", (stub, lane) => {
  const children = Array.from({ length: 1000 }, () => stub.createStub());
  for (const child of children) assert.is(child.call("getpid"), BigInt(child.pid));
  for (const child of children) assert.is(child.call("getppid"), parentOf(stub, lane));
});

each("a stub that ends by its own call is a death", (stub) => {
  const error = thrown(DeathError, () => stub.call("exit_group", 7));
  assert.equal(error.end, { kind: "exited", status: 7 });
  assert.is(processState(stub.pid), undefined);
});

each("a stub that is killed during a call is a death", async (stub) => {
  const killer = new Running(["sh", ["-c", `sleep 0.05; kill -9 ${stub.pid}`]]);
  const error = thrown(DeathError, () => stub.call("ppoll", 0, 0, 0, 0));
  assert.equal(error.end, { kind: "signaled", signal: "SIGKILL", coreDumped: false });
  await killer.ended;
});

each("a stub killed between a stop in its turn and the next request is a death", (stub, lane) => {
  if (lane === "faithful") return;
  const fast = loadFast();
  const { ringTurn } = fast;
  stub.call("getpid");
  // The shim's request to resume the stub fails: it is on its way to its exit stop.
  fast.ringTurn = () => {
    process.kill(stub.pid, "SIGKILL");
    return -ESRCH;
  };
  try {
    const error = thrown(DeathError, () => stub.call("getpid"));
    assert.equal(error.end, { kind: "signaled", signal: "SIGKILL", coreDumped: false });
  } finally {
    fast.ringTurn = ringTurn;
  }
});

each("everything else that needs the stub stopped works between two calls", (stub, lane) => {
  const own = () =>
    assert.equal(stub.inject("getpid"), { value: BigInt(stub.pid), errno: null, lane });
  own();
  assert.match(processState(stub.pid)?.state ?? "", STATES[lane]);
  assert.is(typeof stub.registers()[HOST_MACHINE.instructionPointer], "bigint");
  own();
  assert.is(stub.observe("getppid").result.value, BigInt(process.pid));
  own();
  stub.poll();
  own();
  stub.detach();
  stub.attach();
  own();
  stub.scrub();
  own();
  const child = stub.createStub();
  assert.is(child.call("getppid"), parentOf(stub, lane));
  own();
  child.close();
  own();
});

each("a call that maps over the ring's memory, or unmaps it, is executed all the same", (stub) => {
  stub.call("getpid");
  assert.is(stub.call("munmap", 0, stub.tracer.stubAddress), 0n);
  assert.is(stub.call("getpid"), BigInt(stub.pid));
  assert.is(stub.inject("mmap", 0x10000, 1 << 20, 3, 0x32, -1, 0).value, 0x10000n);
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

each("a batch executes calls before and after one that unmaps the ring", (stub) => {
  const batch = stub.batch();
  const before = batch.call("getpid");
  const unmapped = batch.call("munmap", 0, stub.tracer.stubAddress);
  const after = batch.call("getpid");
  for (let i = 0; i < 2; i++) {
    batch.run();
    assert.equal(
      [before.value, unmapped.value, after.value],
      [BigInt(stub.pid), 0n, BigInt(stub.pid)],
    );
  }
});

each("a batch may unmap the ring by the result of another call", (stub) => {
  for (const count of [1, 3]) {
    const batch = stub.batch();
    const pages = Array.from({ length: count }, () => batch.call("mmap", ...A_PAGE));
    const unmapped = batch.call("munmap", pages.at(-1) ?? 0, 1 << 20);
    const after = batch.call("getpid");
    for (let i = 0; i < 2; i++) {
      batch.run();
      assert.equal([unmapped.value, after.value], [0n, BigInt(stub.pid)]);
    }
  }
});

each("a call that protects the ring's memory is executed all the same", (stub) => {
  for (const call of ["mprotect", "pkey_mprotect"]) {
    stub.call("getpid");
    const maps = readFileSync(`/proc/${stub.pid}/maps`, "utf8");
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) .*memfd:/m.exec(maps) ?? [];
    const at = start === undefined ? stub.map(PAGE_SIZE) : BigInt(`0x${start}`);
    const length = end === undefined ? PAGE_SIZE : BigInt(`0x${end}`) - at;
    stub.inject(call, at, length, 0, -1);
    assert.is(stub.call("getpid"), BigInt(stub.pid));
  }
});

each("a call that moves a mapping to the ring's address is executed all the same", (stub) => {
  stub.call("getpid");
  const maps = readFileSync(`/proc/${stub.pid}/maps`, "utf8");
  const ring = /^([0-9a-f]+)-.*memfd:/m.exec(maps)?.[1];
  const page = stub.call("mmap", ...A_PAGE);
  const target = ring === undefined ? 0x10000n : BigInt(`0x${ring}`);
  // MREMAP_MAYMOVE | MREMAP_FIXED
  assert.is(stub.call("mremap", page, PAGE_SIZE, PAGE_SIZE, 3, target), target);
  assert.is(stub.call("getpid"), BigInt(stub.pid));
  assert.equal(stub.read(target, 1), Uint8Array.of(0));
});

each("a batch gives calls their results, and later calls those of earlier ones", (stub, lane) => {
  const batch = stub.batch();
  const page = batch.call("mmap", ...A_PAGE);
  const wrong = batch.call("close", -1);
  const protect = batch.call("mprotect", page, PAGE_SIZE, 1);
  const canceled = batch.call("munmap", page, wrong);
  const unmapped = batch.call("munmap", page, PAGE_SIZE);
  thrown(StateError, () => page.result);
  for (let i = 0; i < 2; i++) {
    batch.run();
    assert.is(page.value % BigInt(PAGE_SIZE), 0n);
    assert.equal(wrong.result, { value: null, errno: "EBADF", lane });
    assert.equal(canceled.result, { value: null, errno: "ECANCELED", lane });
    assert.equal([protect.value, unmapped.value], [0n, 0n]);
    assert.throws(() => stub.read(page.value, 1), /EFAULT/);
  }
});

each("a batch of thousands refers across trips", (stub) => {
  const batch = stub.batch();
  const first = batch.call("mmap", ...A_PAGE);
  const wrong = batch.call("close", -1);
  const own = Array.from({ length: 2000 }, () => batch.call("getpid"));
  const late = batch.call("munmap", first, PAGE_SIZE);
  const canceled = batch.call("close", wrong);
  batch.run();
  assert.ok(own.every(({ value }) => value === BigInt(stub.pid)));
  assert.is(late.value, 0n);
  assert.is(canceled.result.errno, "ECANCELED");
  assert.is(batch.length, 2004);
});

/** Processor time in microseconds for a batch of calls that refer to each other, without the calls themselves. */
function referring(stub: Stub, calls: number): number {
  const batch = stub.batch();
  let last = batch.call("getpid");
  for (let i = 1; i < calls; i++) last = batch.call("close", last);
  const { shim } = stub.tracer;
  const { inject } = shim;
  shim.inject = () => 0;
  try {
    const before = process.cpuUsage();
    batch.run();
    return process.cpuUsage(before).user;
  } finally {
    shim.inject = inject;
  }
}

suites[0]?.tests("ten times as many calls of a batch take about ten times as long", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  // The least of several: a collection of garbage or a busy sibling of the processor only ever adds.
  const least = (calls: number) =>
    Math.min(...Array.from({ length: 5 }, () => referring(stub, calls)));
  const [few, many] = [least(2000), least(20_000)];
  assert.ok(many < 40 * Math.max(few, 2000), `${few} and ${many} µs`);
});

each("a batch with a call that no loop can execute", (stub) => {
  const batch = stub.batch();
  const before = batch.call("getpid");
  const clone = batch.call("clone", 0x400 | 17, 0, 0, 0, 0);
  const after = batch.call("wait4", clone, 0, 0x4000_0000, 0);
  batch.run();
  assert.equal(before.result.value, BigInt(stub.pid));
  assert.is(clone.result.lane, "faithful");
  assert.is(after.value, clone.value, "the child ran into its INT3");
});

each("a batch whose stub dies in the middle has no results", (stub) => {
  const batch = stub.batch();
  const pid = batch.call("getpid");
  batch.call("exit_group", 3);
  batch.call("getpid");
  assert.equal(thrown(DeathError, () => batch.run()).end, { kind: "exited", status: 3 });
  thrown(StateError, () => pid.result);
});

each("an argument from another batch is refused", (stub) => {
  const other = stub.batch().call("getpid");
  thrown(InputError, () => stub.batch().call("close", other));
});

for (const { tests } of suites) tests.run();
