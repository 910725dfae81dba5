import type { RegisterBlock } from "../../core/encoder/block.ts";
import type { Syscall } from "../../core/encoder/names.ts";
import {
  decodeResult,
  type SyscallArgument,
  type SyscallResult,
} from "../../core/stub/injection.ts";
import { TraceError } from "../../lib/errors.ts";
import { NAMES, resultWord } from "./arch.ts";
import type { Said } from "./said.ts";
import { stepTo, stepToTrap } from "./stepping.ts";
import type { Tracee } from "./tracee.ts";

/** The texts of a call: why the registers are written as they are, and what they hold afterwards. */
export interface CallTelling {
  readonly why: Said;
  readonly answer: Said;
  /** Why a signal stops the stub before the call is over, if one does. */
  readonly stop?: Said | undefined;
  /** Whether each instruction is a step; otherwise the stub runs to its breakpoint. */
  readonly stepped?: boolean | undefined;
  /** Why the stub executes the call, if it is stepped. */
  readonly executed?: Said | undefined;
  /** Called once the registers are written, before the stub is resumed: to ask a question, for instance. */
  readonly before?: (() => void) | undefined;
  /** The same before the recording shows the result. */
  readonly beforeAnswer?: (() => void) | undefined;
  /** If it is stepped: called at once after the call, with its step and its result. */
  readonly returned?: ((step: number, result: bigint) => void) | undefined;
}

/** A call to inject. */
export interface Injection extends CallTelling {
  readonly call: Syscall;
  readonly args?: readonly SyscallArgument[];
  /** Whether it is the clone of another stub: its frame has the parent and the mark then. */
  readonly bootstrap?: boolean;
}

/**
 * Injects a call into a stub that rests, as `Stub.inject` does, and records each request and stop.
 *
 * @throws DeathError, DeadlineError, TraceError
 */
export function injectWatched(tracee: Tracee, injection: Injection): SyscallResult {
  const { tracer } = tracee.thread;
  tracee.setRegisters(encodeFrame(tracee, injection), injection.why);
  injection.before?.();
  if (injection.stepped) stepCallToRest(tracee, injection);
  else runToRest(tracee, injection);
  tracee.getRegisters(injection.answer);
  tracee.thread.expect("stopped").readRegisters(tracer.frame);
  const value = tracer.encoder.syscallResult(tracer.frame.offset);
  return decodeResult(tracer, value, "faithful");
}

const AT_REST = `${NAMES.PC} is ${NAMES.AT} the ${NAMES.TRAP}: the call is complete, and its result is in ${NAMES.RESULT}.`;
const REPORTED = `wait4 reports SIGTRAP, which ${NAMES.A_TRAP} raises: now the host may read the result.`;
const NO_NEWS = "A signal has stopped the stub; the call is not complete.";
const NO_NEWS_REPORTED =
  "wait4 reports the signal. It is not SIGTRAP, so the host resumes the stub.";

/** The registers of a call, in the tracer's own block. */
export function encodeFrame(
  tracee: Tracee,
  { call, args = [], bootstrap }: Pick<Injection, "call" | "args" | "bootstrap">,
): RegisterBlock {
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
  return frame;
}

/** Steps the call and the instructions after it. */
function stepCallToRest(tracee: Tracee, injection: Injection): void {
  const { executed: why, stop, returned, beforeAnswer } = injection;
  tracee.recorder.observe(
    "If the instructions of an injected call are shown, the host resumes the stub for each of them. Usually it " +
      `resumes it once, with PTRACE_CONT, until the ${NAMES.TRAP}.`,
  );
  const { tracer } = tracee.thread;
  beforeAnswer?.();
  const call = stepTo(tracee, tracer.selfStopAddress, { why, stop }, 1);
  returned?.(call, resultWord(tracee.registers()));
  stepToTrap(tracee);
}

/** The most stops by signals before the breakpoint: a stub that faults would stop forever. */
const MOST_STOPS = 16;

/** The stub runs by itself, unobserved. */
function runToRest(tracee: Tracee, injection: Injection): void {
  const { stop: whyStopped = NO_NEWS, beforeAnswer } = injection;
  const { tracer } = tracee.thread;
  tracee.request(
    "PTRACE_CONT",
    "The stub runs by itself until something stops it. Its instructions are not recorded.",
  );
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    const stop = tracee.thread.wait();
    const over = stop.signal === tracer.constant("SIGTRAP");
    if (over) beforeAnswer?.();
    const at = tracee.stopped(stop, over ? AT_REST : whyStopped);
    tracee.waited(at, over ? REPORTED : NO_NEWS_REPORTED);
    if (over) return;
    tracee.request("PTRACE_CONT", "The stub is resumed, without the signal.");
  }
  throw new TraceError(
    `stub ${tracee.thread.tid} does not get to its ${NAMES.TRAP} in ${MOST_STOPS} stops`,
  );
}
