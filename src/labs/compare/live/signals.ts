import { constants } from "node:os";
import { readProcess } from "../../../core/stub/proc.ts";
import { type JudgeTable, undecided } from "./judge.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const { EINVAL } = constants.errno;
const { SIGKILL } = constants.signals;
const PTRACE_GETSIGMASK = 0x420a;

export function signalJudges(stubs: TraceeSlot): JudgeTable {
  return {
    signalSet: {
      asked: "sent the signal to a stopped stub; its pending signals in /proc/PID/status",
      ask: (input) => pendingAfter(stubs.get(), input.int("signal")),
    },
    blockableSignals: {
      asked: "PTRACE_SETSIGMASK on a stub, and PTRACE_GETSIGMASK",
      ask(input) {
        const { tracer, stub } = stubs.get();
        const mask = new BigUint64Array(1);
        const set = tracer.shim.setMask(stub.pid, input.word("set"));
        const got = tracer.shim.ptrace(PTRACE_GETSIGMASK, stub.pid, mask.byteLength, mask);
        tracer.shim.setMask(stub.pid, 0n);
        if (set < 0 || got < 0) undecided("this kernel has no PTRACE_SETSIGMASK");
        return mask[0] ?? 0n;
      },
    },
  };
}

/** The set of a signal; 0 for an unknown signal, and for signal 0, which sends nothing. */
function pendingAfter(tracee: Tracee, signal: number): bigint {
  if (signal === SIGKILL) undecided("SIGKILL ends the stub");
  const { tracer, stub } = tracee;
  const before = readProcess(stub.pid).pending;
  const result = tracer.shim.tgkill(stub.pid, stub.pid, signal);
  if (result === -EINVAL) return 0n;
  if (result < 0) undecided(`signal ${signal} does not become pending`);
  const set = readProcess(stub.pid).pending & ~before;
  // Resumed, it stops by the signal, which is passed over.
  tracee.call("getpid");
  return set;
}
