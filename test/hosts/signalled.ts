// A host whose stubs get every signal in turn, at birth or before they are closed: `signalled fork|clone|close
// EXIT_SIGNAL`. It prints "right" if all stubs are as they are without signals.

import type { Stub } from "../../src/core/stub/stub.ts";
import { pinToProcessor, runLast } from "../support/libc.ts";

const [what = "", exitSignal = ""] = process.argv.slice(2);
// SIGCONT lets a stub that has stopped itself continue into its INT3; with exit signal SIGKILL that kills the host.
const deadly = exitSignal === "SIGKILL" ? [9, 18] : [9];
const SIGNALS = Array.from({ length: 64 }, (_, i) => i + 1).filter(
  (signal) => !deadly.includes(signal),
);

/** A register that is the same in all stubs. */
const SAME = { amd64: ["cs"], arm64: ["pstate"] }[HOST_ARCH];

const tracer = new Tracer();
const { shim } = tracer.host;
const master = tracer.createStub({ exitSignal });
const undisturbed = [master, master.createStub()];

function expectAlike(stub: Stub, other: Stub | undefined, signal: number): void {
  const { initial } = stub.thread;
  const start = BigInt(tracer.host.stubAddress + shim.stubSyscallOffset());
  assert.is(initial.get(HOST_MACHINE.instructionPointer), start, `after signal ${signal}`);
  assert.is(initial.word(HOST_MACHINE.word.mark), 0n, `the mark after signal ${signal}`);
  for (const name of SAME) assert.is(initial.get(name), other?.thread.initial.get(name), name);
  assert.is(stub.call("getppid"), BigInt(stub.parent?.pid ?? process.pid), `signal ${signal}`);
}

/** Sends a signal to each process that `call` returns, and calls `born` for each. */
const births: Record<string, (signal: number) => void> = {
  fork(signal) {
    const { fork } = shim;
    shim.fork = (...args) => {
      const pid = fork(...args);
      shim.tgkill(pid, pid, signal);
      return pid;
    };
    const stub = tracer.createStub({ exitSignal });
    shim.fork = fork;
    expectAlike(stub, undisturbed[0], signal);
    stub.close();
  },
  clone(signal) {
    const { inject } = shim;
    shim.inject = (tid, frame, injection) => {
      const result = inject(tid, frame, injection);
      // The pid of the next is not known earlier.
      shim.inject = inject;
      const answer = Number(tracer.host.frame.word(HOST_MACHINE.word.result));
      shim.tgkill(answer, answer, signal);
      return result;
    };
    const stub = master.createStub();
    expectAlike(stub, undisturbed[1], signal);
    stub.close();
  },
  close(signal) {
    const forked = tracer.createStub({ exitSignal });
    const cloned = forked.createStub();
    for (const stub of [forked, cloned]) shim.tgkill(stub.pid, stub.pid, signal);
    forked.close();
  },
};

// On one processor, and after the tracer, a child does not run before its signal is pending.
pinToProcessor(0);
runLast(master.pid);
for (const signal of SIGNALS) births[what]?.(signal);
tracer.close();
console.log("right");
