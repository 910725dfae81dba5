const kernel = suite("status words of the kernel");

const encoders = ENCODERS.map((name) => openEncoder(name));

const PTRACE_SEIZE = 0x4206;
const SECOND = 1_000_000;
const STOPPED_BY_SIGSTOP = 0x137f;

/** Waits for a stub, and returns the status word of wait4 unchanged. */
function statusOf(stub: Stub, ...options: string[]): number {
  const { tracer, pid } = stub;
  const bits = options.reduce((set, name) => set | tracer.flag(name), tracer.flag("__WALL"));
  assert.is(tracer.shim.wait(pid, Number(bits), 5 * SECOND, tracer.status), pid);
  return tracer.status[0] ?? -1;
}

/** Prepares a system call, which the stub executes when it is resumed. */
function prepare({ thread, tracer }: Stub, call: string, argument = 0n): void {
  const { encoder, frame } = tracer;
  const number = tracer.flag(`SYS_${call}`);
  encoder.encodeSyscall(frame.offset, thread.initial.offset, number, argument, 0n, 0n, 0n, 0n, 0n);
  thread.expect("stopped").writeRegisters(frame);
}

/** Resumes the stub with a request, and returns the status of its next stop or end, except for a SIGSTOP. */
function resumed(stub: Stub, request: string): number {
  const { tracer, pid } = stub;
  for (;;) {
    assert.is(tracer.shim.ptrace(tracer.constant(request), pid, 0, 0), 0);
    const status = statusOf(stub);
    if (status !== STOPPED_BY_SIGSTOP) return status;
  }
}

/** Reports to the library a death that the test has reaped. */
function bury(stub: Stub): void {
  stub.thread.forget();
  stub.forgetIfDead();
}

/** Detaches a stub: it is then an ordinary process, stopped before a ppoll(2). */
async function release(stub: Stub): Promise<void> {
  prepare(stub, "ppoll");
  stub.detach();
  assert.ok(await eventually(() => processState(stub.pid)?.state === "T", 1000));
}

/** Expects that every encoder decodes the word in this way. */
function expectStatus(
  status: number,
  kind: string,
  value: number,
  { event = 0, core = 0 } = {},
): void {
  for (const encoder of encoders) {
    const read = {
      kind: BigInt(encoder.waitKind(status)),
      value: encoder.waitValue(status),
      event: encoder.waitEvent(status),
      core: encoder.waitCoreDumped(status),
    };
    const expected = { kind: encoder.constants.get(kind), value, event, core };
    assert.equal(read, expected, `${encoder.name}: ${hex(BigInt(status))}`);
  }
}

for (const code of [0, 7, 255]) {
  kernel(`exit(${code}): an event whose message is the status, then the exit`, () => {
    using tracer = new Tracer();
    const stub = tracer.createStub();
    prepare(stub, "exit", BigInt(code));
    expectStatus(resumed(stub, "PTRACE_CONT"), "WAIT_EVENT", 5, { event: 6 });
    const message = new BigUint64Array(1);
    const request = tracer.host.constant("PTRACE_GETEVENTMSG");
    assert.is(tracer.host.shim.ptrace(request, stub.pid, 0, message), 0);
    expectStatus(Number(message[0]), "WAIT_EXITED", code);
    expectStatus(resumed(stub, "PTRACE_CONT"), "WAIT_EXITED", code);
    bury(stub);
  });
}

for (const signal of ["SIGTERM", "SIGKILL", "SIGSEGV"] as const) {
  kernel(`${signal} ends a process`, async () => {
    using tracer = new Tracer();
    const stub = tracer.createStub();
    stub.call("prctl", tracer.host.flag("PR_SET_DUMPABLE"), 0);
    await release(stub);
    process.kill(stub.pid, signal);
    process.kill(stub.pid, "SIGCONT");
    expectStatus(statusOf(stub), "WAIT_SIGNALED", tracer.host.constant(signal));
    bury(stub);
  });
}

kernel("SIGCONT and SIGSTOP: continued, stopped, and continued again", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  await release(stub);
  process.kill(stub.pid, "SIGCONT");
  expectStatus(statusOf(stub, "WCONTINUED"), "WAIT_CONTINUED", 0);
  process.kill(stub.pid, "SIGSTOP");
  expectStatus(statusOf(stub, "WUNTRACED"), "WAIT_STOPPED", 19);
  process.kill(stub.pid, "SIGCONT");
  expectStatus(statusOf(stub, "WCONTINUED"), "WAIT_CONTINUED", 0);
  process.kill(stub.pid, "SIGKILL");
  expectStatus(statusOf(stub), "WAIT_SIGNALED", 9);
  bury(stub);
});

kernel("a stopped process that is seized is in a group-stop", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  await release(stub);
  assert.is(tracer.host.shim.ptrace(PTRACE_SEIZE, stub.pid, 0, 0), 0);
  expectStatus(statusOf(stub), "WAIT_GROUP_STOP", 19, { event: 128 });
  process.kill(stub.pid, "SIGKILL");
  expectStatus(statusOf(stub), "WAIT_SIGNALED", 9);
  bury(stub);
});

kernel("a system call stops at its entry and at its exit", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  prepare(stub, "getpid");
  expectStatus(resumed(stub, "PTRACE_SYSCALL"), "WAIT_SYSCALL_STOP", 5);
  expectStatus(resumed(stub, "PTRACE_SYSCALL"), "WAIT_SYSCALL_STOP", 5);
  expectStatus(resumed(stub, "PTRACE_SYSCALL"), "WAIT_STOPPED", 5);
});
