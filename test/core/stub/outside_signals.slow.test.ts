const outside = suite("outside: signals of other processes");

const [SIGKILL, SIGTRAP] = [9, 5];

/** Every signal that does not end a traced process. */
const SIGNALS = Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => signal !== SIGKILL);

/** Sends a signal to a stub at rest: it is pending when the next call is injected. */
function send({ pid, tracer }: Stub, signal: number): void {
  assert.is(tracer.shim.tgkill(pid, pid, signal), 0);
}

outside("an injected call returns the kernel's result, whatever signal is pending", () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  const stub = master.createStub();
  for (const signal of SIGNALS) {
    send(stub, signal);
    assert.is(stub.call("getppid"), BigInt(master.pid), `tgkill ${signal}`);
    process.kill(stub.pid, signal);
    assert.equal(
      stub.inject("close", -1),
      { value: null, errno: "EBADF", lane: "faithful" },
      `kill ${signal}`,
    );
    assert.is(stub.replaced, false);
  }
});

outside("a stub that gets a SIGTRAP before it clones attaches its own child", () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  send(master, SIGTRAP);
  const stub = master.createStub();
  assert.is(processState(stub.pid)?.parent, master.pid);
  assert.is(stub.call("getppid"), BigInt(master.pid));
});

outside("an address space that gets a SIGTRAP is unmapped at its release", () => {
  using platform = Platform.open();
  const space = platform.newAddressSpace();
  space.mapAnonymous(0x10000, PAGE_SIZE, "rw");
  send(space.stub, SIGTRAP);
  space.release();
  const next = platform.newAddressSpace();
  assert.is(next.pid, space.pid, "it comes from the pool");
  assert.throws(() => next.read(0x10000, 1), /EFAULT/);
});

outside("a host that closes stubs with SIGKILL survives, whatever signal is pending", async () => {
  const { stdout, stderr, signal } = await run(hostCommand("signalled", "close", "SIGKILL"));
  assert.is(signal, null, stderr);
  assert.is(stdout, "right\n", stderr);
});

for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
  for (const [birth, parent] of Object.entries({ fork: "host", clone: "stub" })) {
    outside(`a child of the ${parent} is born right with any signal (${exitSignal})`, async () => {
      const { stdout, stderr, signal } = await run(hostCommand("signalled", birth, exitSignal));
      assert.is(signal, null, stderr);
      assert.is(stdout, "right\n", stderr);
    });
  }
}

for (const [parent, birth] of Object.entries({
  host: (tracer: Tracer) => tracer.createStub(),
  stub: (tracer: Tracer) => tracer.createStub().createStub(),
})) {
  outside(`a birth whose child gets SIGCONT before the attach is retried (${parent})`, () => {
    using tracer = new Tracer();
    const { shim } = tracer.host;
    const { attach } = shim;
    let [attaches, sent] = [0, 0];
    const last = parent === "host" ? 1 : 2;
    shim.attach = (tid, relative) => {
      if (++attaches === last) {
        process.kill(tid, "SIGCONT");
        while (processState(tid)?.state !== "Z");
        sent++;
      }
      return attach(tid, relative);
    };
    try {
      const stub = birth(tracer);
      assert.is(stub.call("getpid"), BigInt(stub.pid));
      assert.is(sent, 1);
    } finally {
      shim.attach = attach;
    }
  });
}

outside("a signal that the kernel raises causes an error", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  // There is no frame to return to.
  assert.throws(() => stub.inject("rt_sigreturn"), /stopped by SIGSEGV/);
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

outside("an injected execve is detected by the address of the stub afterwards", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  send(stub, SIGTRAP);
  const image = tracer.host.shim.idleImage();
  const emptyPath = tracer.host.stubAddress + 4095;
  stub.inject("execveat", image, emptyPath, 0, 0, tracer.host.flag("AT_EMPTY_PATH"));
  assert.ok(stub.replaced);
  tracer.host.shim.close(image);
});

outside("SIGTRAP is refused as exit signal", () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  for (const exitSignal of ["SIGTRAP", SIGTRAP]) {
    for (const parent of [tracer, master]) {
      const error = thrown(InputError, () => parent.createStub({ exitSignal }));
      assert.match(error.message, "SIGTRAP cannot be the exit signal");
    }
  }
});
