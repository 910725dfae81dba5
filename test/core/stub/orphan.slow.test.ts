import { inject } from "../../../src/core/stub/injection.ts";
import { Thread } from "../../../src/core/stub/tracee.ts";
import { BirthError, StopError } from "../../../src/index.ts";

const orphan = suite("orphan");

/** The register that is 1 in a new clone. */
const MARK = HOST_MACHINE.registers[HOST_MACHINE.word.mark] ?? "";

const OPTIONS = ["TRACESYSGOOD", "TRACEEXIT", "EXITKILL", "TRACECLONE", "TRACEFORK"];

/** Clones a child as a birth does, but traced from its start: it has not run any instruction yet. */
function cloneHeld(parent: Stub, exitSignal: string): Thread {
  const { tracer, thread } = parent;
  const { encoder, shim } = tracer;
  thread.expect("stopped").ptrace(
    "PTRACE_SETOPTIONS",
    OPTIONS.reduce((bits, name) => bits | tracer.constant(`PTRACE_O_${name}`), 0),
  );
  const word = encoder.encodeClone(tracer.flag("CLONE_FILES"), tracer.parseExitSignal(exitSignal));
  assert.match(
    thrown(StopError, () =>
      inject(thread, tracer.flag("SYS_clone"), [word], {
        setUp: ({ offset }) => encoder.encodeBootstrap(offset, parent.pid),
      }),
    ).message,
    /stopped by event/,
  );
  const message = new BigUint64Array(1);
  shim.ptrace(tracer.constant("PTRACE_GETEVENTMSG"), thread.tid, 0, message);
  const pid = Number(message[0]);
  const child = new Thread(tracer, pid, pid, true);
  assert.is(child.wait().signal, tracer.constant("SIGSTOP"));
  return child;
}

for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
  orphan(`a parent that dies before PDEATHSIG is set is noticed (${exitSignal})`, () => {
    using tracer = new Tracer();
    const master = tracer.createStub();
    const parent = master.createStub();
    const child = cloneHeld(parent, exitSignal);
    const registers = child.expect("stopped").registers();
    assert.is(registers[HOST_MACHINE.parent], BigInt(parent.pid));
    assert.is(registers[MARK], 1n);
    assert.is(registers[asm.RESULT], 0n);
    const afterSyscall = BigInt(
      tracer.host.stubAddress + tracer.host.shim.stubSyscallOffset() + HOST_MACHINE.syscallLength,
    );
    assert.is(
      registers[HOST_MACHINE.instructionPointer],
      afterSyscall,
      "no instruction has run yet",
    );

    tracer.host.shim.tgkill(parent.pid, parent.pid, tracer.host.constant("SIGKILL"));
    parent.thread.reap();
    parent.close();
    assert.is(processState(parent.pid), undefined, "the parent is gone, not even a zombie");
    assert.is.not(processState(child.tid)?.parent, parent.pid);

    const resumed = performance.now();
    child.expect("stopped").resume();
    assert.is(thrown(DeathError, () => child.wait()).how, "exited with status 1");
    assert.ok(performance.now() - resumed < tracer.host.deadline);
    assert.not(isAlive(child.tid));
    assert.is(master.call("getpid"), BigInt(master.pid));
  });
}

orphan("a living parent finds its child in SIGSTOP, its pid where the stub code expects it", () => {
  using tracer = new Tracer();
  const parent = tracer.createStub().createStub();
  const thread = cloneHeld(parent, "SIGCHLD");
  thread.expect("stopped").resume();
  assert.equal(thread.wait(), {
    kind: "signal",
    signal: tracer.host.constant("SIGSTOP"),
    event: 0,
  });
  const registers = thread.expect("stopped").registers();
  assert.is(registers[HOST_MACHINE.parent], BigInt(parent.pid));
  assert.is(registers[MARK], 0n);
  assert.is(registers[asm.CALL], tracer.host.flag("SYS_kill"));

  thread.expect("stopped").readRegisters(thread.initial);
  tracer.host.encoder.rewindSyscall(thread.initial.offset);
  const child = parent.addChild(thread, tracer.host.constant("SIGCHLD"));
  parent.thread.expect("stopped").resume();
  assert.is(parent.thread.wait().signal, tracer.host.constant("SIGTRAP"));
  assert.is(child.call("getppid"), BigInt(parent.pid));
  assert.is(parent.call("getpid"), BigInt(parent.pid));
  tracer.close();
  assert.is(processState(child.pid), undefined);
});

orphan("a register that is not the parent's pid ends the birth with an error that says so", () => {
  using tracer = new Tracer();
  let pid = 0;
  assert.throws(
    () => tracer.createStub({ omit: ["parent"] }),
    (error: unknown) => {
      if (!(error instanceof BirthError)) return false;
      pid = Number(/stub (\d+)/.exec(error.message)?.[1]);
      return error.step === "stub" && /not the one in /.test(error.message);
    },
  );
  assert.ok(pid > 0);
  assert.is(processState(pid), undefined, "it was reaped");
  assert.is(tracer.stubs.size, 0);
});
