// How one instruction of a stopped thread is executed. actor.ts records what becomes of it.

import { HOST_MACHINE } from "../../core/machine/index.ts";
import { readMemory } from "../../core/stub/memory.ts";
import { decodeSignalInfo, type SignalInfo, type Stop } from "../../core/stub/stop.ts";
import type { Thread } from "../../core/stub/tracee.ts";
import { DeathError, StateError } from "../../lib/errors.ts";
import { callWords, HOST, resultWord } from "./arch.ts";
import { returned, type Teller, tellCall } from "./calls.ts";
import type { Call } from "./recording.ts";
import type { Said } from "./said.ts";

/** What became of an instruction, and the index of its step. */
export type Outcome =
  | { readonly kind: "executed"; readonly step: number }
  /** It raised a signal, and was not executed. */
  | { readonly kind: "fault"; readonly step: number; readonly info: SignalInfo }
  /** It was a guest's system call, and was not executed. */
  | { readonly kind: "emulated"; readonly step: number }
  /** It ended the thread. */
  | { readonly kind: "ended"; readonly step: number; readonly how: string };

/** What is said of an instruction instead of the reasons of its code. */
export interface Telling {
  /** Why it is there. If its text is empty, the code's reason remains. */
  readonly why?: Said | undefined;
  /** Why a signal stops the thread before the instruction, or the instruction raises it. */
  readonly stop?: Said | undefined;
}

/** An instruction that was executed, or not. */
export type Executed =
  /** At the stop after it; `call` if it was a system call. */
  | { readonly kind: "executed"; readonly stop: Stop; readonly call: Call | undefined }
  | { readonly kind: "fault"; readonly stop: Stop }
  | { readonly kind: "emulated"; readonly call: Call }
  | { readonly kind: "ended"; readonly call: Call; readonly how: string };

/** What a resume up to the next system call came to; a signal may have stopped the thread before it. */
type CallOutcome = Executed | { readonly kind: "stopped"; readonly stop: Stop };

/** Signals that an instruction raises. */
const FAULTS = ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS"];

const { BREAKPOINT, JUMP, LEAVE_CALL, SYSTEM_CALL } = HOST;
const STEP = "PTRACE_SINGLESTEP";

/** The registers of a stopped thread, by name. The tracer's own block may hold a prepared frame. */
export function registersOf(thread: Thread): Record<string, bigint> {
  const { blocks } = thread.tracer;
  const block = blocks.allocate();
  try {
    thread.expect("stopped").readRegisters(block);
    return HOST.withoutSteps(block.dump());
  } finally {
    blocks.release(block);
  }
}

/** What its system calls are described with. */
export function tellerOf(thread: Thread): Teller {
  return {
    constants: thread.tracer.encoder.constants,
    read(address, length) {
      const bytes = new Uint8Array(length);
      try {
        readMemory(thread, address, bytes);
        return bytes;
      } catch {
        return undefined;
      }
    },
  };
}

/** PTRACE_GETSIGINFO. @throws StateError if it is not at a stop by a signal */
export function signalInfoOf({ tracer, tid }: Thread): SignalInfo {
  const bytes = new DataView(new ArrayBuffer(tracer.constant("SIGINFO_SIZE")));
  const result = tracer.shim.ptrace(tracer.constant("PTRACE_GETSIGINFO"), tid, 0, bytes);
  if (result < 0) throw new StateError(`thread ${tid} is at no stop by a signal`);
  return decodeSignalInfo(tracer, bytes);
}

/**
 * Executes the next instruction.
 *
 * @param text of it, if its code is known
 * @param emulated whether a system call stops the thread and is not executed, as in a guest
 * @param pass is called at each stop by a signal of others; the thread is resumed without it
 * @throws DeadlineError, TraceError
 */
export function execute(
  thread: Thread,
  text: string | undefined,
  emulated: boolean,
  pass: (stop: Stop) => void,
): Executed {
  if (text !== SYSTEM_CALL) return executeInstruction(thread, text ?? "", pass);
  for (;;) {
    const outcome = emulated ? emulateCall(thread) : runCall(thread, LEAVE_CALL);
    if (outcome.kind !== "stopped") return outcome;
    // Such as one that is reached with a segment in which it cannot be executed.
    if (isFault(thread, outcome.stop)) return { kind: "fault", stop: outcome.stop };
    pass(outcome.stop);
  }
}

/**
 * Lets the thread run through its next system call.
 *
 * @param leave resumes it from the stop on the way in, so that it stops after the call
 */
export function runCall(thread: Thread, leave: typeof LEAVE_CALL = "PTRACE_SYSCALL"): CallOutcome {
  thread.expect("stopped").resume("PTRACE_SYSCALL");
  let stop = thread.wait();
  if (stop.kind !== "syscall") return { kind: "stopped", stop };
  const call = callUnderWay(thread);
  try {
    // A clone stops on its way, too, where the tracer has asked for that.
    do {
      thread.expect("stopped").resume(leave);
      stop = thread.wait();
    } while (stop.kind === "event");
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    return { kind: "ended", call, how: error.how };
  }
  const result = resultWord(registersOf(thread));
  return { kind: "executed", stop, call: returned(call, result, tellerOf(thread)) };
}

/** The thread stops at the call, and the kernel will not execute it. */
function emulateCall(thread: Thread): CallOutcome {
  thread.expect("stopped").resume("PTRACE_SYSEMU");
  const stop = thread.wait();
  if (stop.kind !== "syscall") return { kind: "stopped", stop };
  const call = callUnderWay(thread);
  if (LEAVE_CALL === STEP) {
    // As the switch does: here the registers could not be read. The caller gets the stop at the call, not that of the step.
    const { status } = thread.tracer;
    const [reported = 0] = status;
    thread.expect("stopped").resume(STEP);
    thread.wait();
    status[0] = reported;
  }
  return { kind: "emulated", call };
}

function callUnderWay(thread: Thread): Call {
  const { number, words } = callWords(registersOf(thread));
  return tellCall(number, words, tellerOf(thread));
}

/** Resumes until the instruction was executed, or raised a signal. */
function executeInstruction(thread: Thread, text: string, pass: (stop: Stop) => void): Executed {
  const before = addressOf(thread);
  for (;;) {
    thread.expect("stopped").resume(STEP);
    const stop = thread.wait();
    if (isFault(thread, stop)) return { kind: "fault", stop };
    if (stop.signal !== thread.tracer.constant("SIGTRAP")) pass(stop);
    // Otherwise it is the trap of the system call before, and nothing was executed.
    else if (addressOf(thread) !== before || staysThere(thread, text)) {
      return { kind: "executed", stop, call: undefined };
    }
  }
}

function addressOf(thread: Thread): bigint | undefined {
  return registersOf(thread)[HOST_MACHINE.instructionPointer];
}

/**
 * Whether the thread has executed an instruction without moving: a jump to itself, or a breakpoint that it does not pass.
 * Only a trap after an instruction has the first code.
 */
function staysThere(thread: Thread, text: string): boolean {
  const code = JUMP.test(text) ? "TRAP_TRACE" : text === BREAKPOINT ? "TRAP_BRKPT" : undefined;
  return code !== undefined && signalInfoOf(thread).code === thread.tracer.constant(code);
}

function isFault({ tracer }: Thread, { signal }: Stop): boolean {
  return FAULTS.some((name) => tracer.constant(name) === signal);
}
