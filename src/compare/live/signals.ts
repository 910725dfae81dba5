import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { FunctionJudge } from "./function_judge.ts";
import { type Judgement, undecided } from "./judge.ts";
import { nextStatus } from "./processes.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const { EINVAL } = constants.errno;
const [PTRACE_GETSIGMASK, PTRACE_SETSIGMASK] = [0x420a, 0x420b];
/** Bytes of the kernel's sigset_t. */
const SIGSET_SIZE = 8;

/** signalSet: the signal is sent to a stopped stub, whose pending signals then are its set. */
export class SignalSetJudge extends FunctionJudge<TraceeSlot> {
  readonly name = "signalSet";
  readonly asked = "sent the signal to a stopped stub; its pending signals in /proc/PID/status";
  readonly #known = new Map<number, bigint | undefined>();

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const signal = this.int(input, "signal");
    if (!this.#known.has(signal)) this.#known.set(signal, this.#send(signal));
    const set = this.#known.get(signal);
    if (set === undefined) return undecided(`signal ${signal} is not seen pending`);
    return this.expectResult(set, answered);
  }

  /** The set of a signal; none for one that the kernel does not know, and for 0, which sends nothing. */
  #send(signal: number): bigint | undefined {
    const tracee = this.kernel.get();
    const { tracer, stub } = tracee;
    if (signal === tracer.constant("SIGKILL")) return this.#kill(tracee);
    const before = pendingOf(stub.pid);
    const result = tracer.shim.tgkill(stub.pid, stub.pid, signal);
    if (result === -EINVAL) return 0n;
    if (result < 0) return undefined;
    const set = pendingOf(stub.pid) & ~before;
    // Resumed, it meets the signal, which is passed over.
    tracee.call("getpid");
    return set;
  }

  /** SIGKILL is taken from the thread's own signals as it begins to die; the process's keep it. */
  #kill(tracee: Tracee): bigint | undefined {
    const { tracer, stub } = tracee;
    process.kill(stub.pid, "SIGKILL");
    // The stop at its exit, after which it has to be resumed once more.
    nextStatus(tracer, stub.pid);
    const set = pendingOf(stub.pid);
    stub.thread.resume();
    stub.thread.reap();
    stub.forgetIfDead();
    return set === 0n ? undefined : set;
  }
}

/** What waits for a process and its thread. */
function pendingOf(pid: number): bigint {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const line = (key: string) => new RegExp(`^${key}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "0";
  return BigInt(`0x${line("SigPnd")}`) | BigInt(`0x${line("ShdPnd")}`);
}

/** blockableSignals: a stub's mask is set, and read again. */
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
    if (set < 0 || got < 0) return undecided("this kernel does not set masks by ptrace");
    return this.expectResult(mask[0] ?? 0n, answered);
  }
}
