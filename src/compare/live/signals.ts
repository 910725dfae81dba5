import { constants } from "node:os";
import { readProcess } from "../../stub/proc.ts";
import { FunctionJudge } from "./function_judge.ts";
import { type Judgement, undecided } from "./judge.ts";
import { nextStatus } from "./processes.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const { EINVAL } = constants.errno;
const [PTRACE_GETSIGMASK, PTRACE_SETSIGMASK] = [0x420a, 0x420b];
/** Bytes of the kernel's sigset_t. */
const SIGSET_SIZE = 8;

/** signalSet: the signal is sent to a stopped stub; its pending signals are the set. */
export class SignalSetJudge extends FunctionJudge<TraceeSlot> {
  readonly name = "signalSet";
  readonly asked = "sent the signal to a stopped stub; its pending signals in /proc/PID/status";
  readonly #known = new Map<number, bigint | undefined>();

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const signal = this.int(input, "signal");
    if (!this.#known.has(signal)) this.#known.set(signal, this.#send(signal));
    const set = this.#known.get(signal);
    if (set === undefined) return undecided(`signal ${signal} does not become pending`);
    return this.expectResult(set, answered);
  }

  /** The set of a signal; 0 for an unknown signal, and for signal 0, which sends nothing. */
  #send(signal: number): bigint | undefined {
    const tracee = this.kernel.get();
    const { tracer, stub } = tracee;
    if (signal === tracer.constant("SIGKILL")) return this.#kill(tracee);
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
  #kill(tracee: Tracee): bigint | undefined {
    const { tracer, stub } = tracee;
    process.kill(stub.pid, "SIGKILL");
    // The stop at its exit. It has to be resumed once more.
    nextStatus(tracer, stub.pid);
    const set = readProcess(stub.pid).pending;
    stub.thread.resume();
    stub.thread.reap();
    stub.forgetIfDead();
    return set === 0n ? undefined : set;
  }
}

/** blockableSignals: a stub's mask is set, and read back. */
export class BlockableJudge extends FunctionJudge<TraceeSlot> {
  readonly name = "blockableSignals";
  readonly asked = "PTRACE_SETSIGMASK on a stub, and PTRACE_GETSIGMASK";

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const mask = BigUint64Array.of(this.word(input, "set"));
    const { tracer, stub } = this.kernel.get();
    const ask = (request: number, data: BigUint64Array) =>
      tracer.shim.ptraceMemory(request, stub.pid, SIGSET_SIZE, data);
    const set = ask(PTRACE_SETSIGMASK, mask);
    const got = ask(PTRACE_GETSIGMASK, mask);
    ask(PTRACE_SETSIGMASK, BigUint64Array.of(0n));
    if (set < 0 || got < 0) return undecided("this kernel has no PTRACE_SETSIGMASK");
    return this.expectResult(mask[0] ?? 0n, answered);
  }
}
