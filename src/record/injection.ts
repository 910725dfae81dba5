import { TraceError } from "../errors.ts";
import type { SyscallArgument, SyscallResult } from "../stub/thread.ts";
import { resultWord } from "./amd64.ts";
import { stepTo } from "./stepping.ts";
import type { Tracee } from "./tracee.ts";

/** A call to inject, and what its steps say. */
export interface Injection {
  readonly call: string | number | bigint;
  readonly args?: readonly SyscallArgument[];
  /** Whether it is the clone of another stub: its frame has R15 and RBX then. */
  readonly bootstrap?: boolean;
  /** Whether each instruction is stepped; else the stub runs to its INT3, as it usually does. */
  readonly stepped?: boolean | undefined;
  /** Why the frame is what it is: it may depend on what the encoder wrote. */
  readonly frame: string | ((frame: Readonly<Record<string, bigint>>) => string);
  /** Why the stub executes the call. */
  readonly why?: string;
  /** Why a signal stops the stub on the way. */
  readonly stop?: string | undefined;
  /** What the registers tell afterwards. */
  readonly answer: string;
  /** Before the stub is resumed: to ask a question, for instance. */
  readonly before?: (() => void) | undefined;
  /** Where it is stepped: at once after the call, with its step and its result. */
  readonly returned?: (step: number, result: bigint) => void;
  /** The same before the registers are read. */
  readonly beforeAnswer?: () => void;
}

/** The result of an injection. */
export interface Injected {
  readonly result: SyscallResult;
  /** The registers that it began with, and those at the INT3 after it. */
  readonly frame: Record<string, bigint>;
  readonly after: Record<string, bigint>;
  /** The step of the call itself, where it was stepped. */
  readonly call: number | undefined;
}

/**
 * Injects a call into a stub that rests at its INT3, as `Stub.inject` does, and records each request and stop.
 *
 * @throws DeathError, DeadlineError, TraceError
 */
export function injectWatched(tracee: Tracee, injection: Injection): Injected {
  const { tracer } = tracee.thread;
  encodeFrame(tracee, injection);
  const frame = tracer.frame.dump();
  const why = typeof injection.frame === "string" ? injection.frame : injection.frame(frame);
  tracee.setRegisters(tracer.frame, why);
  injection.before?.();
  const call = injection.stepped ? stepCallToRest(tracee, injection) : runToRest(tracee, injection);
  injection.beforeAnswer?.();
  tracee.getRegisters(injection.answer);
  tracee.thread.readRegisters(tracer.frame);
  const value = tracer.encoder.syscallResult(tracer.frame.offset);
  const errno = tracer.encoder.syscallErrno(value);
  const result =
    errno === 0 ? { value, errno: null } : { value: null, errno: tracer.errorName(errno) };
  return { result, frame, after: tracee.registers(), call };
}

const AT_REST = "RIP is after the INT3: the call is complete, and its result is in RAX.";
const NO_NEWS = "A signal has stopped the stub; the call is not complete.";

function encodeFrame(tracee: Tracee, { call, args = [], bootstrap }: Injection): void {
  const { thread } = tracee;
  const { encoder, frame } = thread.tracer;
  const word = (i: number) => BigInt.asUintN(64, BigInt(args[i] ?? 0n));
  encoder.encodeSyscall(
    frame.offset,
    thread.initial.offset,
    thread.tracer.syscallNumber(call),
    word(0),
    word(1),
    word(2),
    word(3),
    word(4),
    word(5),
  );
  if (bootstrap) encoder.encodeBootstrap(frame.offset, thread.tgid);
}

/** Steps the call and the instructions after it; answers the step of the call. */
function stepCallToRest(tracee: Tracee, { why, stop, returned }: Injection): number {
  tracee.recorder.observe(
    "If the instructions of an injected call are shown, the host resumes the stub for each of them. Usually it " +
      "resumes it once, with PTRACE_CONT, until the INT3.",
  );
  const { tracer } = tracee.thread;
  const behind = BigInt(tracer.stubAddress + tracer.shim.stubSyscallOffset() + 2);
  const telling = { ...(why !== undefined && { why }), ...(stop !== undefined && { stop }) };
  const call = stepTo(tracee, behind, telling, 1);
  returned?.(call, resultWord(tracee.registers()));
  stepTo(tracee, tracer.restAddress);
  return call;
}

/** How many stops by signals there may be on the way to the INT3: one that faults has no end of them. */
const MOST_STOPS = 16;

/** The stub runs by itself, and nobody sees what it does. */
function runToRest(tracee: Tracee, { stop: whyStopped = NO_NEWS }: Injection): undefined {
  const { tracer } = tracee.thread;
  tracee.request(
    "PTRACE_CONT",
    "The stub runs by itself: the SYSCALL, the test for a clone, the INT3. These instructions are not recorded.",
  );
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    const stop = tracee.thread.wait();
    const over = stop.signal === tracer.constant("SIGTRAP");
    const at = tracee.stopped(stop, over ? AT_REST : whyStopped);
    tracee.waited(at, "The host waits for this thread.");
    if (over) return undefined;
    tracee.request("PTRACE_CONT", "The stub is resumed, without the signal.");
  }
  throw new TraceError(`stub ${tracee.thread.tid} does not get to its INT3 in ${MOST_STOPS} stops`);
}
