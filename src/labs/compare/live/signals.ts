import { constants } from "node:os";
import { readProcess } from "../../../core/stub/proc.ts";
import { type Judge, undecided } from "./judge.ts";
import { nextStatus } from "./processes.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const { EINVAL } = constants.errno;
const PTRACE_GETSIGMASK = 0x420a;

/** signalSet: stubs that signals are sent to. */
export function signalSetJudge(slot: TraceeSlot): Judge {
  const known = new Map<number, bigint | undefined>();
  return {
    name: "signalSet",
    asked: "sent the signal to a stopped stub; its pending signals in /proc/PID/status",
    judge(input, answered) {
      const signal = input.int("signal");
      if (!known.has(signal)) known.set(signal, pendingAfter(slot.get(), signal));
      const set = known.get(signal);
      answered.returns(set ?? undecided(`signal ${signal} does not become pending`));
    },
  };
}

/** The set of a signal; 0 for an unknown signal, and for signal 0, which sends nothing. */
function pendingAfter(tracee: Tracee, signal: number): bigint | undefined {
  const { tracer, stub } = tracee;
  if (signal === tracer.constant("SIGKILL")) return pendingAfterKill(tracee);
  const before = readProcess(stub.pid).pending;
  const result = tracer.shim.tgkill(stub.pid, stub.pid, signal);
  if (result === -EINVAL) return 0n;
  if (result < 0) return undefined;
  const set = readProcess(stub.pid).pending & ~before;
  // Resumed, it stops by the signal, which is passed over.
  tracee.call("getpid");
  return set;
}

/** A dying thread drops SIGKILL from its own pending signals; those of the process keep it. */
function pendingAfterKill({ tracer, stub }: Tracee): bigint | undefined {
  process.kill(stub.pid, "SIGKILL");
  // The stop at its exit. It has to be resumed once more.
  nextStatus(tracer, stub.pid);
  const set = readProcess(stub.pid).pending;
  stub.thread.expect("stopped").resume();
  stub.thread.reap();
  stub.forgetIfDead();
  return set === 0n ? undefined : set;
}

export function blockableJudge(slot: TraceeSlot): Judge {
  return {
    name: "blockableSignals",
    asked: "PTRACE_SETSIGMASK on a stub, and PTRACE_GETSIGMASK",
    judge(input, answered) {
      const { tracer, stub } = slot.get();
      const mask = new BigUint64Array(1);
      const set = tracer.shim.setMask(stub.pid, input.word("set"));
      const got = tracer.shim.ptrace(PTRACE_GETSIGMASK, stub.pid, mask.byteLength, mask);
      tracer.shim.setMask(stub.pid, 0n);
      if (set < 0 || got < 0) undecided("this kernel has no PTRACE_SETSIGMASK");
      answered.returns(mask[0] ?? 0n);
    },
  };
}
