import type { SyscallArgument } from "../../../core/stub/injection.ts";
import { DeadlineError, DeathError, hex, StublabError, TraceError } from "../../../lib/errors.ts";
import { syscallName } from "../../../lib/names.ts";
import type { Actor } from "../actor.ts";
import { callWords, HOST, nextCallNumber, resultWord } from "../arch.ts";
import { detachInStop } from "../birth.ts";
import { processFacts } from "../kernel_view.ts";
import { inWords } from "../lesson_text.ts";
import type { Words } from "./answer.ts";

/** A system call that a stub has made. */
export interface MadeCall {
  readonly name: string;
  readonly result: bigint;
  /** As strace shows it, but an errno as "-EBADF". */
  readonly told: string;
  readonly step: number;
}

/** What became of a stub that was resumed. */
export interface End {
  readonly told: string;
  /** What it did that an answer must not do in any task. */
  readonly harm?: string | undefined;
}

/** An end, and the calls before it. */
export interface Run extends End {
  readonly calls: readonly MadeCall[];
}

/** What is expected of a stub most often: it met its INT3. */
export const RESTS = inWords("rests after its INT3");
/** It is not traced then. */
export const STOPPED = "has stopped itself";

/** The most instructions that a stub executes in a row. */
const MOST_INSTRUCTIONS = 150;

/** What a call without a name is called, before its number. */
const NO_CALL = "system call";

/** How a stub ends that makes a call which the filter refuses. */
const REFUSED = "killed by SIGSYS";

/** The states of a thread that waits in the kernel: "D" in a vfork. */
const ASLEEP: readonly string[] = ["S", "D"];

/** The most signals that a stub meets in a row. */
const MOST_SIGNALS = 8;

/** Whether a signal has been sent to a stub, and not delivered. */
export function isPending(actor: Actor, signal: string): boolean {
  const { encoder } = actor.thread.tracer;
  const set = encoder.signalSet(Number(encoder.constants.get(signal)));
  return ((processFacts(actor.pid)?.pending ?? 0n) & set) !== 0n;
}

/**
 * Writes registers over those of a call, or if a stub has not come to rest, over what it has. Returns "accepted", or the
 * errno if the kernel refuses them.
 */
export function write(actor: Actor, words: Words, why: string): string {
  const { frame, restAddress } = actor.thread.tracer;
  if (actor.rip === restAddress) actor.frame(0n);
  else actor.thread.expect("stopped").readRegisters(frame);
  for (const [name, word] of Object.entries(words)) frame.set(name, word);
  try {
    actor.setRegisters(frame, why);
    return "accepted";
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return error.errno ?? "an errno";
  }
}

/**
 * Executes instructions, at most this many, until the stub rests, stops itself or ends.
 *
 * @param why it makes the first system call, if not as the code says
 */
export function go(actor: Actor, most = MOST_INSTRUCTIONS, why?: string): Run {
  const calls: MadeCall[] = [];
  for (let i = 0; i < most; i++) {
    const end = executeNext(actor, calls, calls.length === 0 ? why : undefined);
    if (end !== undefined) return { ...end, calls };
  }
  const told = `is still running after ${MOST_INSTRUCTIONS} instructions`;
  return { told, harm: "it executes instructions without end", calls };
}

/** Executes an instruction. Returns what has become of the stub; undefined if it goes on. */
function executeNext(actor: Actor, calls: MadeCall[], why: string | undefined): End | undefined {
  let call: string | undefined;
  try {
    const { instruction } = actor;
    if (instruction === HOST.SYSTEM_CALL) call = callName(actor, nextCallNumber(actor.registers()));
    const outcome = actor.step(call === undefined ? {} : { why });
    switch (outcome.kind) {
      case "ended":
        return endedBy(outcome.how, call);
      case "fault": {
        const { signal, address } = outcome.info;
        const name = actor.thread.tracer.signalName(signal);
        return { told: `raised ${name} at ${hex(address)}` };
      }
      case "emulated":
        return { told: `stopped at ${call}` };
      case "executed":
        if (instruction === HOST.BREAKPOINT) return { told: RESTS };
        if (call === undefined) return undefined;
        calls.push({ name: call, ...resultOf(actor), step: outcome.step });
        if (!isPending(actor, "SIGSTOP")) return undefined;
        actor.thread.expect("stopped").resume();
        actor.thread.wait();
        actor.recorder.arrow("signal", outcome.step, detachInStop(actor), "SIGSTOP");
        return { told: STOPPED };
    }
  } catch (error) {
    return endBy(error, actor, call, calls.at(-1)?.name);
  }
}

function callName({ recorder }: Actor, number: bigint): string {
  return syscallName(number, recorder.constants) ?? `${NO_CALL} ${BigInt.asIntN(64, number)}`;
}

/** The result of the last call. */
export function resultOf(actor: Actor): Pick<MadeCall, "result" | "told"> {
  const result = BigInt.asIntN(64, resultWord(actor.registers()));
  const isErrno = result < 0n && result >= -4095n;
  const { tracer } = actor.thread;
  return { result, told: isErrno ? `-${tracer.errorName(Number(-result))}` : `${result}` };
}

/**
 * What an error says of a stub.
 *
 * @param call that it was in
 * @param last that it was in before it ended, of which the filter says nothing until then
 * @throws the error, if that is nothing
 */
function endBy(error: unknown, actor: Actor, call?: string, last = call): End {
  if (error instanceof DeathError) {
    const { how } = error;
    const refused = `The filter of answers does not permit ${last}: it was not executed.`;
    actor.ended(how, how === REFUSED ? refused : "It was ended from outside.");
    return endedBy(how, last);
  }
  // A stub that only waits for a processor is not to blame.
  const isBlocked =
    error instanceof DeadlineError && ASLEEP.includes(processFacts(actor.pid)?.state ?? "unknown");
  if (!isBlocked) throw error;
  const told = `does not return from ${call ?? "an instruction"}`;
  const harm = "it waits for something that does not happen";
  actor.tell({ kind: "note", title: told, why: "Nothing that could end it will happen." });
  return { told, harm };
}

/** The end of a process. @param call in which it ended */
function endedBy(how: string, call = "a call"): End {
  const refused = call.startsWith(NO_CALL)
    ? `${inWords("RAX is the number of a call at the SYSCALL")}, and ${call} is unknown`
    : `answers must not call ${call} like this: it could reach files or processes of others`;
  return { told: how, harm: how === REFUSED ? refused : undefined };
}

type Arguments = readonly SyscallArgument[];

/** An injected call, recorded: its result as in `MadeCall`, or the end of the stub. */
export function inject(actor: Actor, name: string, args: Arguments, why: string): string {
  try {
    actor.call(name, args, { why, answer: inWords("The result is in RAX.") });
    return resultOf(actor).told;
  } catch (error) {
    if (error instanceof TraceError) return "does not return";
    return endBy(error, actor, name).told;
  }
}

/** Resumes a stub up to its next system call, and returns the name of that; undefined if another stop comes first. */
export function enterCall(actor: Actor, why: string): string | undefined {
  actor.request("PTRACE_SYSCALL", why);
  const stop = actor.awaitStop("The kernel may have changed the registers.");
  if (stop.kind !== "syscall") return undefined;
  return callName(actor, callWords(actor.registers()).number);
}

/** Resumes a stub with each signal that stops it, until it rests or ends. */
export function meet(actor: Actor): { readonly signals: readonly string[]; readonly how: string } {
  const { tracer } = actor.thread;
  const signals: string[] = [];
  let signal = 0;
  try {
    while (signals.length < MOST_SIGNALS) {
      const why = "It is resumed, with the signal that has stopped it, if any.";
      actor.request("PTRACE_CONT", why, { data: signal });
      ({ signal } = actor.awaitStop({ stop: "A signal stops it.", wait: "The host waits." }));
      if (signal === tracer.constant("SIGTRAP")) {
        return { signals, how: actor.rip === tracer.restAddress ? RESTS : "raised SIGTRAP" };
      }
      signals.push(tracer.signalName(signal));
    }
    return { signals, how: "is stopped again and again" };
  } catch (error) {
    return { signals, how: endBy(error, actor).told };
  }
}

/** Kills a stub, and waits for its end. */
export function kill(actor: Actor, why: string): void {
  actor.signal("SIGKILL", why);
  awaitEnd(actor, "SIGKILL cannot be delayed.");
}

/** Waits for the end of a stub, and returns how it ended, or that it "lives on". */
export function awaitEnd(actor: Actor, why: string): string {
  try {
    return actor.awaitEnd({ stop: why, wait: "wait4 reports this to the host." });
  } catch (error) {
    if (error instanceof DeathError) return error.how;
    if (!(error instanceof StublabError)) throw error;
    return "lives on";
  }
}
