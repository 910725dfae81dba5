// Stops and ends of traced threads on which births and teardowns are based. No encoder takes part. What requests and
// resumes do with registers is in the table of facts: src/labs/fuzz/facts.

import { Stopped } from "../../../src/core/stub/tracee.ts";

const { SIGKILL, SIGSTOP, SIGTRAP } = constants.signals;
const SYSEMU = "PTRACE_SYSEMU";
const WALL = 0x4000_0000;

/** PTRACE_EVENT_EXIT above SIGTRAP. There is no stop by SIGKILL before it. */
const AT_EXIT = (6 << 16) | (SIGTRAP << 8) | 0x7f;

const kernel = suite("kernel semantics");

/** Runs `body` with a thread that is about to begin with `guest`. */
function withThread(guest: readonly Code[], body: (space: Subprocess) => void): void {
  withGuest(
    guest,
    ({ space }) => {
      const { thread, tracer } = space.stub;
      thread.expect("stopped").readRegisters(tracer.frame);
      const { frame } = tracer;
      frame.set(HOST_MACHINE.instructionPointer, CODE);
      frame.set(asm.STACK, DATA + BigInt(PAGE));
      thread.expect("stopped").writeRegisters(frame);
      body(space);
    },
    { seccomp: false },
  );
}

/** The next status word of a killed thread, and how it ends once it is resumed from there. */
function endOf({ stub }: Subprocess): { status: number; how: string } {
  const { thread, tracer, pid } = stub;
  tracer.shim.tgkill(pid, pid, SIGKILL);
  const status = new Int32Array(1);
  assert.is(tracer.shim.wait(pid, WALL, 1_000_000, status), pid);
  const stopped = thread.settle(new Stopped(thread));
  let how = "it is alive";
  try {
    stopped.resume();
    thread.wait();
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    how = error.how;
  }
  stub.forgetIfDead();
  return { status: status[0] ?? 0, how };
}

kernel("SIGKILL stops a running thread only at its exit", () => {
  withThread([asm.SPIN], (space) => {
    space.stub.thread.expect("stopped").resume(SYSEMU);
    assert.equal(endOf(space), { status: AT_EXIT, how: "killed by SIGKILL" });
  });
});

kernel("SIGKILL stops a stopped thread only at its exit, resumed or not", () => {
  withThread([asm.SYSCALL], (space) => {
    const { thread } = space.stub;
    thread.expect("stopped").resume(SYSEMU);
    assert.is(thread.wait().kind, "syscall");
    assert.equal(endOf(space), { status: AT_EXIT, how: "killed by SIGKILL" });
  });
});

kernel("the first resume after an attach stops by SIGSTOP before any instruction", () => {
  withGuest([asm.SYSCALL], ({ platform, space }) => {
    const { stub } = platform.newAddressSpace();
    stub.thread.expect("stopped").resume(SYSEMU);
    assert.is(stub.thread.wait().signal, SIGSTOP);
    const { frame, restAddress } = space.tracer;
    stub.thread.expect("stopped").readRegisters(frame);
    assert.ok(frame.get(HOST_MACHINE.instructionPointer) < restAddress, "before its breakpoint");
    stub.close();
  });
});
