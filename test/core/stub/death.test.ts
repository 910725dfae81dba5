import { StopError } from "../../../src/index.ts";

/** The registers of the first two arguments. */
const [FIRST = "", SECOND = ""] = asm.ARGUMENTS;

const death = suite("death");

for (const files of ["0", "1", "2", "0 1 2"]) {
  death(`a host ends even if a stub has closed its files ${files}`, async () => {
    const { code, signal, stderr } = await run(hostCommand("unplugged", ...files.split(" ")));
    assert.equal([code, signal, stderr], [0, null, ""]);
  });
}

for (const victim of ["grandchild", "master"]) {
  death(`with SIGKILL, a killed ${victim} takes all stubs and the host with it`, async () => {
    const host = new Running(hostCommand("watched", "SIGKILL"));
    const line = await host.says(/^\d.*$/m);
    const pids = pidsIn(line?.[0]);
    assert.is(pids.length, 4, host.stderr);
    process.kill(pids[victim === "master" ? 0 : 2] ?? 0, "SIGKILL");
    const all = [host.pid, ...pids];
    const over = await eventually(() => !all.some(isAlive), 1000);
    const alive = all.filter(isAlive);
    if (!over) process.kill(host.pid, "SIGKILL");
    assert.ok(over, `alive after a second: ${alive}`);
    assert.is((await host.ended).signal, "SIGKILL");
  });
}

death("with SIGCHLD, a killed stub throws an error, and no other stub does", async () => {
  using tracer = new Tracer();
  const { master, grandchildren } = family(tracer);
  const [polled, injected, bystander] = grandchildren;

  polled.poll();
  process.kill(polled.pid, "SIGKILL");
  let error: unknown;
  await eventually(() => {
    error = caught(() => polled.poll());
    return error !== undefined;
  }, 1000);
  assertKilled(error, polled);
  assert.match(
    String(error),
    new RegExp(`\\b${HOST_MACHINE.instructionPointer} 0x`),
    "its registers are in the message",
  );
  const { code, pid, end } = JSON.parse(JSON.stringify(error));
  assert.equal({ code, pid, end }, { code: DeathError.code, pid: polled.pid, end: polled.end });

  process.kill(injected.pid, "SIGKILL");
  assertKilled(
    caught(() => injected.inject("getpid")),
    injected,
  );

  for (const stub of [master, bystander]) assert.is(stub.call("getpid"), BigInt(stub.pid));
  assert.equal([...tracer.stubs.keys()], [master.pid, bystander.pid]);
  lists([...master.children], [bystander.pid], ({ pid }) => pid);
  assert.is(thrown(DeathError, () => polled.inject("getpid")).how, "killed by SIGKILL");
  tracer.close();
  for (const { pid } of [master, ...grandchildren]) assert.is(processState(pid), undefined);
});

death("with SIGCHLD, the master's death ends its grandchildren, each with an error", async () => {
  using tracer = new Tracer();
  const { master, grandchildren } = family(tracer);
  process.kill(master.pid, "SIGKILL");
  assertKilled(
    caught(() => master.inject("getpid")),
    master,
  );
  for (const stub of grandchildren) {
    assertKilled(
      caught(() => stub.inject("getpid")),
      stub,
    );
  }
  assert.is(tracer.stubs.size, 0);
  tracer.close();
  assert.equal(childrenOf(process.pid), []);
});

death("a stub killed at any moment between two calls throws an error, a hundred times", () => {
  using tracer = new Tracer();
  const master = tracer.createStub();
  for (let i = 0; i < 100; i++) {
    const stub = master.createStub();
    process.kill(stub.pid, "SIGKILL");
    // The pause grows, so that its tracer finds it before, at and after its exit stop.
    for (const end = performance.now() + i / 500; performance.now() < end; );
    const error = caught(() => stub.call("getpid"));
    assertKilled(error, stub);
    assert.match(
      String(error),
      new RegExp(`\\b${HOST_MACHINE.instructionPointer} 0x`),
      "its registers are in the message",
    );
  }
});

for (const call of ["exit", "exit_group"]) {
  death(`an injected ${call} reports its status`, () => {
    using tracer = new Tracer();
    const stub = tracer.createStub().createStub();
    const error = caught(() => stub.inject(call, 7));
    if (!(error instanceof DeathError)) throw error;
    assert.is(error.pid, stub.pid);
    assert.is(error.how, "exited with status 7");
    assert.is(error.registers?.[FIRST], 7n);
    assert.not(stub.alive);
    assert.not(tracer.stubs.has(stub.pid));
  });
}

death("a stub that kills itself dies with its registers in the message", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const error = caught(() => stub.inject("kill", stub.pid, tracer.host.constant("SIGKILL")));
  assertKilled(error, stub);
  assert.match(String(error), new RegExp(`${SECOND} 0x9\\b`));
});

death("a stub without its page stops with SIGSEGV, its registers in the message", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const error = caught(() => stub.inject("munmap", tracer.host.stubAddress, PAGE_SIZE));
  if (!(error instanceof StopError)) throw error;
  assert.is(error.pid, stub.pid);
  assert.match(error.message, /was stopped by SIGSEGV after an injected munmap/);
  const afterSyscall =
    tracer.host.stubAddress + tracer.host.shim.stubSyscallOffset() + HOST_MACHINE.syscallLength;
  assert.match(
    error.message,
    new RegExp(`${HOST_MACHINE.instructionPointer} 0x${afterSyscall.toString(16)}\\b`),
  );
  assert.ok(stub.alive);

  stub.thread.expect("stopped").resume("PTRACE_CONT", tracer.host.constant("SIGSEGV"));
  const end = caught(() => stub.thread.wait());
  if (!(end instanceof DeathError)) throw end;
  assert.match(end.how, /^killed by SIGSEGV/);
  assert.is(end.registers?.[SECOND], BigInt(PAGE_SIZE));
});

for (const exitSignal of ["SIGKILL", "SIGTERM", "SIGUSR1", "SIGCHLD", "0"]) {
  for (const [children, depth] of [
    [0, 0],
    [3, 1],
    [2, 3],
  ] as const) {
    const stubs = 1 + Array.from({ length: depth }, (_, i) => children ** (i + 1)).reduce(sum, 0);
    death(`closing ${stubs} stubs spares the caller (${exitSignal}, ${depth} deep)`, async () => {
      const host = await run(hostCommand("closing", exitSignal, `${children}`, `${depth}`));
      const [line, last] = host.stdout.split("\n");
      const pids = pidsIn(line);
      assert.is(pids.length, stubs, host.stderr);
      assert.is(last, "alive", host.stderr);
      assert.is(host.signal, null);
      assert.is(host.code, 0);
      assert.equal(pids.filter(processState), []);
    });
  }
}

/** A master and three grandchildren, with exit signal SIGCHLD. */
function family(tracer: Tracer): { master: Stub; grandchildren: [Stub, Stub, Stub] } {
  const master = tracer.createStub();
  return {
    master,
    grandchildren: [master.createStub(), master.createStub(), master.createStub()],
  };
}

/** The error that `action` throws. */
function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function assertKilled(error: unknown, stub: Stub): void {
  if (!(error instanceof DeathError)) throw error ?? new Error(`stub ${stub.pid} lives`);
  assert.is(error.pid, stub.pid);
  assert.is(error.how, "killed by SIGKILL");
  assert.match(error.message, `stub ${stub.pid} died: killed by SIGKILL`);
  assert.not(stub.alive);
}

function pidsIn(line = ""): number[] {
  return (line.match(/\d+/g) ?? []).map(Number);
}

function sum(a: number, b: number): number {
  return a + b;
}
