import { DeadlineError, InputError, type RegisterDump, StateError } from "../../lib/errors.ts";
import { syscallName } from "../../lib/names.ts";
import { toWord, word } from "../../lib/shape.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { PATIENT_MILLISECONDS, Running, type Thread } from "./tracee.ts";
import type { Lane, TracingThread } from "./tracing_thread.ts";

/** The result of an injected system call: a value, or the name of an errno; and the lane that executed it. */
export type SyscallResult =
  | { readonly value: bigint; readonly errno: null; readonly lane: Lane }
  | { readonly value: null; readonly errno: string; readonly lane: Lane };

/** An argument of an injected system call: an integer from -2^63 to 2^64 - 1; a negative one is taken modulo 2^64. */
export type SyscallArgument = number | bigint;

type SixWords = [bigint, bigint, bigint, bigint, bigint, bigint];

/** Six arguments as words. @throws InputError */
export function wordsOf(args: readonly SyscallArgument[]): SixWords {
  expectSix(args);
  return [
    wordOf(args, 0),
    wordOf(args, 1),
    wordOf(args, 2),
    wordOf(args, 3),
    wordOf(args, 4),
    wordOf(args, 5),
  ];
}

/** @throws InputError if there are more than six arguments. */
export function expectSix(args: readonly unknown[]): void {
  if (args.length <= 6) return;
  throw new InputError(`a system call takes at most 6 arguments, got ${args.length}`);
}

/** An omitted argument is 0, but undefined is an error: it must not become descriptor 0. @throws InputError */
export function wordOf(args: readonly SyscallArgument[], index: number): bigint {
  if (index >= args.length) return 0n;
  return toWord(args[index]) ?? word(args[index], `argument ${index + 1}`);
}

/** The outcome of an injected call. */
export interface CallEnd {
  readonly result: SyscallResult;
  /** The signed word in the result register, read by the kernel's layout instead of the encoder's. */
  readonly word: bigint;
}

/** An injected call with the registers around it. */
export interface ObservedCall {
  readonly result: SyscallResult;
  /** The frame, as the encoder wrote it. */
  readonly before: Record<string, bigint>;
  /** The registers at the INT3 after the call. */
  readonly after: Record<string, bigint>;
}

/** How a call is injected. */
export interface InjectOptions {
  /** Changes the frame before it runs. */
  readonly setUp?: (frame: RegisterBlock) => void;
  /** Whether it has a long deadline, as in a teardown, which is not repeated. */
  readonly isPatient?: boolean;
  /** Whether the process that it makes is a stub's, and not the caller's. */
  readonly isBirth?: boolean;
}

/** The calls that make a process. */
const CLONES = ["clone", "clone3", "fork", "vfork"];

/** The least negative result, as a word: to gVisor each of them is an errno, to others those from -4095 on. */
const LEAST_NEGATIVE = 1n << 63n;

/**
 * Executes a system call at the SYSCALL of the stub code, and repeats it if the kernel restarts it: the sequence of the
 * lane "faithful".
 *
 * @throws DeathError, StopError, DeadlineError, TraceError; StateError if the stub code is gone
 */
export function inject(
  thread: Thread,
  number: bigint,
  args: readonly SyscallArgument[],
  { setUp, isPatient = false, isBirth = false }: InjectOptions = {},
): CallEnd {
  const [a, b, c, d, e, f] = wordsOf(args);
  if (thread.replaced) {
    throw new StateError(`stub ${thread.tgid} runs another program: its stub code is gone`);
  }
  const { tracer, tid, initial } = thread;
  const { encoder, frame, injection, shim } = tracer;
  // The turn of a lane that ends has a deadline of its own.
  thread.makeStopped();
  startClock(tracer, isPatient);
  for (;;) {
    encoder.encodeSyscall(frame.offset, initial.offset, number, a, b, c, d, e, f);
    setUp?.(frame);
    endInjection(thread, shim.inject(tid, frame.bytes, injection.bytes), number);
    const word = frame.word(HOST_MACHINE.word.result);
    const errno = errnoOf(tracer, word);
    if (errno === 0 || encoder.restartsSyscall(errno) === 0) {
      if (!isBirth && errno === 0 && tracer.isAmong(CLONES, number)) {
        tracer.ledger.noteCallers(thread.tgid, Number(word));
      }
      const result = resultOf(tracer, word, errno, "faithful");
      return { result, word: BigInt.asIntN(64, word) };
    }
    // A call that is restarted repeatedly has the same deadline as one that does not return.
    if (shim.timeLeft(injection.deadline.bytes) <= 0) {
      const [call, { milliseconds }] = [callName(tracer, number), injection.deadline];
      throw new DeadlineError(tid, `restarted an injected ${call} for ${milliseconds} ms`);
    }
  }
}

/** The same with the registers before and after the call. */
export function observe(
  thread: Thread,
  number: bigint,
  args: readonly SyscallArgument[],
): ObservedCall {
  let before: Record<string, bigint> = {};
  const setUp = (frame: RegisterBlock) => {
    before = frame.dump();
  };
  const { result } = inject(thread, number, args, { setUp });
  return { result, before, after: thread.tracer.frame.dump() };
}

/** The result for a word that a call left in the result register. @internal */
export function decodeResult(tracer: TracingThread, word: bigint, lane: Lane): SyscallResult {
  return resultOf(tracer, word, errnoOf(tracer, word), lane);
}

function resultOf(tracer: TracingThread, word: bigint, errno: number, lane: Lane): SyscallResult {
  if (errno === 0) return { value: word, errno: null, lane };
  return { value: null, errno: tracer.errorName(errno), lane };
}

/** The encoder is asked only about a word that can be an errno to it: a crossing into it takes as long as a system call. */
function errnoOf({ encoder }: TracingThread, word: bigint): number {
  return word < LEAST_NEGATIVE ? 0 : encoder.syscallErrno(word);
}

/** Starts the deadline of an injection. @internal */
export function startClock({ deadline, injection }: TracingThread, isPatient = false): void {
  injection.deadline.start(isPatient ? Math.max(deadline, PATIENT_MILLISECONDS) : deadline);
}

/** The call that a stopped thread executes, if it is another one than the first of a turn. */
export type CallInProgress = (registers: RegisterDump) => bigint | undefined;

/**
 * Notes how an injection or a turn ended.
 *
 * @param number of the call to name in an error, unless `inProgress` finds another one.
 * @throws what `inject` throws @internal
 */
export function endInjection(
  thread: Thread,
  result: number,
  number: bigint,
  run = thread.tracer.injection,
  inProgress?: CallInProgress,
): void {
  const end = thread.endOf(result, run);
  if (end === "done") return;
  if (end === "left") {
    thread.noteReplaced();
    return;
  }
  // A thread that missed its deadline is stopped, so that it can be examined and reused.
  const stop = end === "late" ? undefined : thread.take(run.status);
  if (stop === undefined) thread.settle(new Running(thread)).stop();
  const registers = thread.expect("stopped").registers();
  const call = callName(thread.tracer, inProgress?.(registers) ?? number);
  if (stop !== undefined)
    throw thread.unexpected(stop, `after an injected ${call}, not by its INT3`);
  const what = `did not return from an injected ${call} within ${run.deadline.milliseconds} ms`;
  dropRestart(thread, number);
  throw new DeadlineError(thread.tid, what, registers, {
    call,
    remedy: "set a longer deadline for the tracer, or inject a call that does not block",
  });
}

/** Runs to the breakpoint if the kernel is about to restart a call in place of the next one. */
function dropRestart(thread: Thread, number: bigint): void {
  if (!HOST_MACHINE.restartsBeforeStops) return;
  const { instructionPointer } = HOST_MACHINE;
  const { frame, injection, restAddress, shim } = thread.tracer;
  thread.expect("stopped").readRegisters(frame);
  if (frame.get(instructionPointer) !== thread.initial.get(instructionPointer)) return;
  frame.set(instructionPointer, restAddress);
  injection.deadline.start(PATIENT_MILLISECONDS);
  endInjection(thread, shim.inject(thread.tid, frame.bytes, injection.bytes), number);
}

function callName({ encoder }: TracingThread, number: bigint): string {
  return syscallName(number, encoder.constants) ?? `system call ${number}`;
}
