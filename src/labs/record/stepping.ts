import { HOST_MACHINE } from "../../core/machine/index.ts";
import type { SignalInfo } from "../../core/platform/signal_info.ts";
import type { Stop } from "../../core/stub/state.ts";
import { DeathError, hex, StateError } from "../../lib/errors.ts";
import { callWords, HOST, NAMES, nextCallNumber, resultWord } from "./arch.ts";
import { returned, tellCall } from "./calls.ts";
import type { Place } from "./recorder.ts";
import type { Call, Step } from "./recording.ts";
import type { Said } from "./said.ts";
import { TEXTS } from "./texts/arch.ts";
import type { Tracee } from "./tracee.ts";

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
  /** Why it is there. */
  readonly why?: Said | undefined;
  /** Why a signal stops the thread before the instruction, or the instruction raises it. */
  readonly stop?: Said | undefined;
}

/** Signals that an instruction raises. */
const FAULTS = ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS"];

const { BREAKPOINT, JUMP, LEAVE_CALL, SYSTEM_CALL } = HOST;

const STEPPED = "PTRACE_SINGLESTEP";
const INTO_CALL = "PTRACE_SYSCALL, which stops the thread on the way into the call";
/** What the observer does to see a system call. */
export const TRACED_CALL = `${INTO_CALL} and out of it`;
/** The same so that the registers after it can be read. */
const STEPPED_CALL =
  LEAVE_CALL === STEPPED
    ? `${INTO_CALL}, and ${STEPPED}, which stops it after the call`
    : TRACED_CALL;
const STOPPED_BEFORE =
  "A signal stops the thread before the next instruction; it is resumed without it.";
const AT_TRAP = `${NAMES.TRAP} raised SIGTRAP. The signal is not delivered: it stops the traced thread, and the tracer can act.`;

/** An instruction that is about to be executed. */
interface Execution {
  readonly tracee: Tracee;
  readonly before: Record<string, bigint>;
  readonly place: Place | undefined;
  readonly telling: Telling;
}

/** Executes the next instruction, and records it. @throws DeadlineError, TraceError */
export function step(tracee: Tracee, telling: Telling = {}): Outcome {
  tracee.recorder.observe(TEXTS.STEPS_CHANGE);
  const before = tracee.registers();
  const rip = before[HOST_MACHINE.instructionPointer] ?? 0n;
  const place = tracee.recorder.placeOf(rip);
  const instruction = { tracee, before, place, telling };
  if (place?.line.text === SYSTEM_CALL) {
    return tracee.emulated ? emulateCall(instruction) : stepCall(instruction);
  }
  const stop = resumeInstruction(instruction);
  if (isFault(tracee, stop)) return faulted(instruction, stop);
  const title = place?.line.text ?? `an instruction at ${hex(rip)}`;
  const index = tell(instruction, { kind: "instruction", title, observer: STEPPED });
  if (place?.line.text === BREAKPOINT) tracee.stopped(stop, AT_TRAP);
  return { kind: "executed", step: index };
}

/**
 * Executes instructions until the next one is at `address`; returns the step of the last.
 *
 * @throws StateError if it does not get there within `most` instructions.
 */
export function stepTo(
  tracee: Tracee,
  address: bigint,
  telling: Telling = {},
  most = 1000,
): number {
  for (let i = 0; i < most; i++) {
    const outcome = step(tracee, telling);
    if (outcome.kind !== "executed") break;
    if (tracee.rip === address) return outcome.step;
  }
  throw new StateError(`${tracee.lane} ${tracee.thread.tid} did not come to ${hex(address)}`);
}

/**
 * Executes instructions up to the next breakpoint, that included; returns its step.
 *
 * @throws StateError if `most` instructions come before it.
 */
export function stepToTrap(tracee: Tracee, telling: Telling = {}, most = 1000): number {
  for (let i = 0; i < most; i++) {
    const isTrap = tracee.instruction === BREAKPOINT;
    const outcome = step(tracee, telling);
    if (outcome.kind !== "executed") break;
    if (isTrap) return outcome.step;
  }
  throw new StateError(`${tracee.lane} ${tracee.thread.tid} did not come to its ${NAMES.TRAP}`);
}

/** Whether the next instruction makes a system call: this one, or any if there is no name. */
export function isBeforeCall(tracee: Tracee, name?: string): boolean {
  const registers = tracee.registers();
  const place = tracee.recorder.placeOf(registers[HOST_MACHINE.instructionPointer] ?? 0n);
  if (place?.line.text !== SYSTEM_CALL) return false;
  const { tracer } = tracee.thread;
  return name === undefined || nextCallNumber(registers) === tracer.syscallNumber(name);
}

/** A system call that came back, the stop by a signal that came before it, or the end that it brought. */
export type CallOutcome =
  | { readonly kind: "returned"; readonly call: Call }
  | { readonly kind: "stopped"; readonly stop: Stop }
  | { readonly kind: "ended"; readonly call: Call; readonly how: string };

/**
 * Lets the thread run through its next system call, without a step.
 *
 * @param leave resumes it from the stop on the way in, so that it stops after the call
 */
export function runCall(tracee: Tracee, leave: typeof LEAVE_CALL = "PTRACE_SYSCALL"): CallOutcome {
  const { thread, teller } = tracee;
  thread.expect("stopped").resume("PTRACE_SYSCALL");
  const stop = thread.wait();
  if (stop.kind !== "syscall") return { kind: "stopped", stop };
  const call = callUnderWay(tracee);
  try {
    // A clone stops on its way, too, where the tracer has asked for that.
    do thread.expect("stopped").resume(leave);
    while (thread.wait().kind === "event");
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    return { kind: "ended", call, how: error.how };
  }
  return { kind: "returned", call: returned(call, resultWord(tracee.registers()), teller) };
}

function callUnderWay(tracee: Tracee): Call {
  const { number, words } = callWords(tracee.registers());
  return tellCall(number, words, tracee.teller);
}

function stepCall(instruction: Execution): Outcome {
  const { tracee, telling } = instruction;
  for (;;) {
    const outcome = runCall(tracee, LEAVE_CALL);
    if (outcome.kind === "stopped") {
      // Such as one that is reached with a segment in which it cannot be executed.
      if (isFault(tracee, outcome.stop)) return faulted(instruction, outcome.stop);
      tracee.stopped(outcome.stop, telling.stop ?? STOPPED_BEFORE);
      continue;
    }
    const index = tell(instruction, { call: outcome.call, observer: STEPPED_CALL });
    if (outcome.kind === "returned") return { kind: "executed", step: index };
    const why = "The thread has ended, and the kernel notifies its tracer.";
    return { kind: "ended", step: tracee.ended(outcome.how, why), how: outcome.how };
  }
}

/** A guest's call: the thread stops at it, and the kernel will not execute it. */
function emulateCall(instruction: Execution): Outcome {
  const { tracee, telling } = instruction;
  for (;;) {
    tracee.thread.expect("stopped").resume("PTRACE_SYSEMU");
    const stop = tracee.thread.wait();
    if (stop.kind === "syscall") break;
    tracee.stopped(stop, telling.stop ?? STOPPED_BEFORE);
  }
  const call = callUnderWay(tracee);
  if (LEAVE_CALL === STEPPED) {
    // As the switch does: here the registers could not be read. The caller gets the stop at the call, not that of the step.
    const { status } = tracee.thread.tracer;
    const [reported = 0] = status;
    tracee.thread.expect("stopped").resume(STEPPED);
    tracee.thread.wait();
    status[0] = reported;
  }
  return { kind: "emulated", step: tell(instruction, { call }) };
}

/** Resumes until the instruction was executed, or raised a signal. */
function resumeInstruction({ tracee, before, place, telling }: Execution): Stop {
  const trap = tracee.thread.tracer.constant("SIGTRAP");
  for (;;) {
    tracee.thread.expect("stopped").resume("PTRACE_SINGLESTEP");
    const stop = tracee.thread.wait();
    const moved = tracee.rip !== before[HOST_MACHINE.instructionPointer];
    if (stop.signal !== trap) {
      if (isFault(tracee, stop)) return stop;
      tracee.stopped(stop, telling.stop ?? STOPPED_BEFORE);
    } else if (moved || staysThere(tracee, place)) return stop;
    // Else it is the trap of the system call before, and nothing was executed.
  }
}

/**
 * Whether the thread has executed an instruction without moving: a jump to itself, or a breakpoint that it does not pass.
 * Only a trap after an instruction has the first code.
 */
function staysThere(tracee: Tracee, place: Place | undefined): boolean {
  const { text = "" } = place?.line ?? {};
  const code = JUMP.test(text) ? "TRAP_TRACE" : text === BREAKPOINT ? "TRAP_BRKPT" : undefined;
  return code !== undefined && tracee.signalInfo().code === tracee.thread.tracer.constant(code);
}

function isFault({ thread: { tracer } }: Tracee, { signal }: Stop): boolean {
  return FAULTS.some((name) => tracer.constant(name) === signal);
}

function faulted(instruction: Execution, { signal }: Stop): Outcome {
  const { tracee, telling } = instruction;
  const info = tracee.signalInfo();
  const name = tracee.thread.tracer.signalName(signal);
  const title = `stopped by ${name} at ${hex(info.address)}`;
  const why = telling.stop ?? "The processor could not execute the instruction.";
  return { kind: "fault", step: tell(instruction, { kind: "stop", title, why }), info };
}

/** Why an instruction is there that the thread has just executed: of a conditional jump, by where that led. */
function reasonOf(place: Place | undefined, tracee: Tracee): string {
  if (place === undefined) return "";
  const { why, line, instruction } = place;
  if (typeof why === "string") return why;
  const end = BigInt(instruction.address) + BigInt(line.bytes.split(" ").length);
  return tracee.rip === end ? why.passed : why.taken;
}

/** Records what became of an instruction; returns the step. */
function tell(
  { tracee, before, place, telling }: Execution,
  event: { readonly why?: Said } & Partial<Pick<Step, "observer">> &
    (Pick<Step, "kind" | "title"> | { readonly call: Call }),
): number {
  return tracee.tell({
    why: telling.why ?? reasonOf(place, tracee),
    instruction: place?.instruction ?? null,
    before,
    // Nothing is known of a thread that has ended.
    ...(tracee.thread.state.name !== "stopped" && { kernel: null }),
    ...event,
  });
}
