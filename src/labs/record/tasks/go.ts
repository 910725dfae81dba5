import { syscallName } from "../../../core/encoder/names.ts";
import type { SyscallArgument } from "../../../core/stub/injection.ts";
import { type ProcessFacts, readProcess } from "../../../core/stub/proc.ts";
import { DeadlineError, DeathError, StublabError, TraceError } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { callWords, HOST, NAMES, nextCallNumber, resultWord } from "../arch.ts";
import { detachInStop } from "../birth.ts";
import type { Words } from "./answer.ts";
import type { Judge } from "./judge.ts";
import {
  type End,
  type MadeCall,
  MOST_INSTRUCTIONS,
  NO_CALL,
  REFUSED,
  RESTS,
  type Run,
  tellRun,
} from "./run.ts";

/** The states of a thread that waits in the kernel: "D" in a vfork. */
const ASLEEP: readonly string[] = ["S", "D"];

/** The most signals that a stub meets in a row. */
const MOST_SIGNALS = 8;

/** What /proc says of a stub; undefined if it is gone. */
export function factsOf({ pid }: Actor): ProcessFacts | undefined {
  try {
    return readProcess(pid);
  } catch {
    return undefined;
  }
}

/** Whether a signal has been sent to a stub, and not delivered. */
export function isPending(actor: Actor, signal: string): boolean {
  const { encoder } = actor.thread.tracer;
  const set = encoder.signalSet(Number(encoder.constants.get(signal)));
  return ((factsOf(actor)?.pending ?? 0n) & set) !== 0n;
}

/**
 * Writes registers over those of a call, or if a stub has not come to rest, over what it has. Returns the errno if the
 * kernel refuses them.
 */
export function write(judge: Judge, actor: Actor, words: Words, why: string): string | undefined {
  const { frame } = judge.tracer;
  if (judge.atRest.has(actor)) actor.frame(0n);
  else actor.thread.expect("stopped").readRegisters(frame);
  for (const [name, word] of Object.entries(words)) frame.set(name, word);
  try {
    actor.setRegisters(frame, why);
    return undefined;
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
export function go(judge: Judge, actor: Actor, most = MOST_INSTRUCTIONS, why?: string): Run {
  const calls: MadeCall[] = [];
  for (let i = 0; i < most; i++) {
    const end = executeNext(judge, actor, calls, calls.length === 0 ? why : undefined);
    if (end !== undefined) return { ...end, calls };
  }
  return { kind: "endless", calls };
}

/** Executes an instruction. Returns what has become of the stub; undefined if it goes on. */
function executeNext(
  judge: Judge,
  actor: Actor,
  calls: MadeCall[],
  why: string | undefined,
): End | undefined {
  let call: string | undefined;
  try {
    const { instruction } = actor;
    if (instruction === HOST.SYSTEM_CALL) call = callName(actor, nextCallNumber(actor.registers()));
    const outcome = actor.step(call === undefined ? {} : { why });
    switch (outcome.kind) {
      case "ended":
        return { kind: "ended", how: outcome.how, call };
      case "fault": {
        const { signal, address } = outcome.info;
        return { kind: "fault", signal: judge.tracer.signalName(signal), address };
      }
      case "emulated":
        return { kind: "call", call: call ?? "" };
      case "executed":
        if (instruction === HOST.BREAKPOINT) return { kind: "rest" };
        if (call === undefined) return undefined;
        calls.push({ name: call, ...resultOf(actor), step: outcome.step });
        judge.watched.expectFew(actor);
        return isPending(actor, "SIGSTOP") ? stopsItself(actor, outcome.step) : undefined;
    }
  } catch (error) {
    return endBy(error, actor, call, calls.at(-1)?.name);
  }
}

function stopsItself(actor: Actor, kill: number): End {
  actor.thread.expect("stopped").resume();
  actor.thread.wait();
  actor.recorder.arrow("signal", kill, detachInStop(actor), "SIGSTOP");
  return { kind: "stopped" };
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
    const made = error.how === REFUSED ? last : undefined;
    const why =
      made === undefined
        ? "It was ended from outside."
        : `The filter of answers does not permit ${made}: it was not executed.`;
    actor.ended(error.how, why);
    return { kind: "ended", how: error.how, call: made };
  }
  // A stub that only waits for a processor is not to blame.
  const isBlocked =
    error instanceof DeadlineError && ASLEEP.includes(factsOf(actor)?.state ?? "unknown");
  if (!isBlocked) throw error;
  const { deadline } = actor.thread.tracer;
  const title = `${call ?? "an instruction"} does not return within ${deadline} ms`;
  const why = "Nothing that could end it will happen.";
  actor.tell({ kind: "note", title, why, registers: null });
  return { kind: "blocked", call };
}

/** An injected call, recorded: its result as in `MadeCall`, or the end of the stub. */
export function inject(
  actor: Actor,
  name: string,
  args: readonly SyscallArgument[],
  why: string,
): string {
  try {
    actor.call(name, args, { why, answer: `The result is in ${NAMES.RESULT}.` });
    return resultOf(actor).told;
  } catch (error) {
    if (error instanceof TraceError) return "does not come back";
    return tellRun(endBy(error, actor, name));
  }
}

/** Resumes a stub up to its next system call, and returns the name of that; undefined if another stop comes first. */
export function enterCall(actor: Actor, why: string): string | undefined {
  actor.request("PTRACE_SYSCALL", why);
  const stop = actor.awaitStop({
    stop: "What has the kernel made of the registers?",
    wait: "The host waits for this stop.",
  });
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
    return { signals, how: tellRun(endBy(error, actor)) };
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
