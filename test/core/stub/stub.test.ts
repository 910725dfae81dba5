import { Worker } from "node:worker_threads";

const stubs = suite("stub");

/** Runs `body` with a scrubbed master of a tracer that is closed afterwards. */
function withMaster(body: (master: Stub, tracer: Tracer) => void): void {
  using tracer = new Tracer();
  const master = tracer.createStub();
  master.scrub();
  body(master, tracer);
  tracer.close();
  assert.is(tracer.stubs.size, 0);
  assert.is(processState(master.pid), undefined, "the master is reaped");
}

stubs("is a child of the host, traced by the tracer's thread, in its own session", () => {
  withMaster((master, tracer) => {
    const facts = readProcess(master.pid);
    assert.is(facts.parentPid, process.pid);
    assert.is(facts.tracerTid, tracer.host.tid);
    assert.is(facts.session, master.pid);
    assert.is(facts.state, "t");
  });
});

stubs("clones a stub whose parent it is, which clones another", () => {
  withMaster((master) => {
    const child = master.createStub();
    const grandchild = child.createStub();
    assert.is(child.call("getppid"), BigInt(master.pid));
    assert.is(grandchild.call("getppid"), BigInt(child.pid));
    assert.equal([...child.children], [grandchild]);
  });
});

stubs("returns an errno from inject, and throws it from call", () => {
  withMaster((master) => {
    assert.equal(master.inject("close", -1), { value: null, errno: "EBADF", lane: "faithful" });
    const error = thrown(SyscallError, () => master.call("close", -1));
    assert.is(error.errno, "EBADF");
    assert.is(error.call, "close");
  });
});

stubs("accepts calls by number, and numbers and BigInts as arguments", () => {
  withMaster((master) => {
    const number = master.tracer.syscallNumber("getpid");
    assert.is(master.call(Number(number)), BigInt(master.pid));
    assert.is(master.call(number), BigInt(master.pid));
  });
});

stubs("refuses unknown calls, fractions and a seventh argument", () => {
  withMaster((master) => {
    assert.match(thrown(InputError, () => master.inject("getppidd")).message, "getppid");
    thrown(InputError, () => master.inject("getpid", 1.5));
    thrown(InputError, () => master.inject("getpid", Number.MAX_SAFE_INTEGER + 1));
    thrown(InputError, () => master.inject("getpid", 1, 2, 3, 4, 5, 6, 7));
    assert.is(master.call("getpid"), BigInt(master.pid));
  });
});

stubs("shows the registers around a call", () => {
  withMaster((master, tracer) => {
    const { result, before, after } = master.observe("getpid");
    assert.is(result.value, BigInt(master.pid));
    assert.is(before[asm.NUMBER], tracer.host.syscallNumber("getpid"));
    assert.is(after[asm.RESULT], BigInt(master.pid));
    const at = BigInt(tracer.host.stubAddress + tracer.host.shim.stubSyscallOffset());
    assert.is(before[HOST_MACHINE.instructionPointer], at);
    assert.is(after[HOST_MACHINE.instructionPointer], tracer.host.restAddress);
  });
});

stubs("that misses a deadline is stopped, reports its registers, and can be used again", () => {
  using tracer = new Tracer({ deadline: 500 });
  const master = tracer.createStub();
  const error = thrown(DeadlineError, () => master.inject("ppoll", 0, 0, 0, 0));
  assert.match(error.message, "ppoll");
  assert.match(error.message, `${HOST_MACHINE.instructionPointer} 0x`);
  assert.is(error.registers?.[asm.CALL], tracer.host.syscallNumber("ppoll"));
  assert.is(master.call("getpid"), BigInt(master.pid));
});

stubs("continues a blocking call after stops by SIGSTOP and SIGCHLD", () => {
  withMaster((master, tracer) => {
    const page = master.map(PAGE_SIZE);
    master.call("pipe2", page, 0);
    const [end, write] = new Uint32Array(master.read(page, 8).buffer);
    const open = openSync(`/proc/self/fd/${write}`, "w");
    const script = `kill -CHLD ${master.pid}; kill -STOP ${master.pid}; printf x >&3`;
    // The shell acts while this thread waits for the stub, which waits for the shell.
    spawn("sh", ["-c", script], { stdio: ["ignore", "ignore", "ignore", open] });
    assert.is(master.call("read", end ?? 0, page, 1), 1n);
    for (const file of [end ?? 0, write ?? 0, open]) closeSync(file);
    assert.is(tracer.stubs.size, 1);
  });
});

stubs("can be detached, is then stopped and untraced, and can be attached again", async () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  const child = master.createStub();
  child.detach();
  assert.is(readProcess(child.pid).tracerTid, 0);
  assert.ok(await eventually(() => readProcess(child.pid).state === "T", 1000));
  thrown(StateError, () => child.inject("getpid"));
  child.attach();
  assert.is(child.call("getpid"), BigInt(child.pid));
  child.detach();
  tracer.close();
  assert.is(processState(child.pid), undefined, "closing ends detached stubs, too");
});

stubs("has a thread whose state its user can only read", () => {
  withMaster((master) => {
    // @ts-expect-error It has no setter.
    assert.throws(() => (master.thread.state = "running"), TypeError);
    assert.is(master.thread.state.name, "stopped");
    assert.is(master.call("getpid"), BigInt(master.pid));
  });
});

stubs("that executes another program is detected, and still closed", () => {
  withMaster((master) => {
    const child = master.createStub();
    const page = child.map(PAGE_SIZE);
    child.write(page, new TextEncoder().encode(`${process.execPath}\0`));
    assert.is(child.call("execve", page, 0, 0), 0n);
    assert.ok(child.replaced);
    thrown(StateError, () => child.inject("getpid"));
  });
});

stubs("that is closed ends with all that it cloned, and its parent keeps working", () => {
  withMaster((master) => {
    const child = master.createStub();
    const grandchild = child.createStub();
    child.close();
    assert.is(processState(child.pid), undefined, "not even a zombie");
    assert.is(processState(grandchild.pid), undefined);
    assert.not(child.alive);
    thrown(StateError, () => child.inject("getpid"));
    child.close();
    assert.is(master.call("getpid"), BigInt(master.pid));
  });
});

stubs("cannot be made by a tracer that is closed, which may be closed twice", () => {
  const tracer = new Tracer();
  tracer.close();
  tracer.close();
  thrown(StateError, () => tracer.createStub());
});

stubs("refuses an invalid deadline or exit signal", () => {
  for (const deadline of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    thrown(InputError, () => new Tracer({ deadline }));
  using tracer = new Tracer();
  for (const exitSignal of ["SIGFOO", 65, -1, "9.5"]) {
    thrown(InputError, () => tracer.createStub({ exitSignal }));
  }
});

stubs("lies at the same address in every tracer of the process", () => {
  using one = new Tracer();
  using two = new Tracer({ encoder: openEncoder("script") });
  assert.is(one.host.stubAddress, two.host.stubAddress);
});

stubs("cannot be forked by a worker with an exit signal that would kill the process", async () => {
  const bundle = JSON.stringify(new URL("tracer_in_worker.js", import.meta.url).href);
  const worker = new Worker(`import(${bundle})`, { eval: true });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const said = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await ended;
  assert.equal(said, { refused: "ERR_STUBLAB_STATE", getppid: process.pid });
});

stubs("does not restart a call forever, whatever its encoder says", () => {
  const encoder = { ...openEncoder("assembly"), restartsSyscall: () => 1 };
  using tracer = new Tracer({ encoder, deadline: 500 });
  const stub = tracer.createStub();
  const error = thrown(DeadlineError, () => stub.inject("close", -1));
  assert.match(error.message, /injected close (for|within) 500 ms/);
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

stubs("does not change the host's file table", () => {
  const files = () => readFileSync("/proc/self/status", "utf8").match(/FDSize.*/)?.[0];
  const before = files();
  withMaster((master) => {
    master.createStub();
  });
  assert.is(files(), before);
});
