import { type ChildStep, forkProcess } from "../../core/stub/birth.ts";
import type { Stop } from "../../core/stub/stop.ts";
import { Thread } from "../../core/stub/tracee.ts";
import type { Tracer } from "../../core/stub/tracer.ts";
import { BirthError, DeathError, hex, StateError } from "../../lib/errors.ts";
import { Actor } from "./actor.ts";
import { stoppedItself } from "./birth.ts";
import { callTitle } from "./calls.ts";
import { common } from "./lesson_text.ts";
import type { Recorder } from "./recorder.ts";
import type { Call } from "./recording.ts";
import type { Said, Saying } from "./said.ts";
import { runCall } from "./stepping.ts";

/** How a child is made whose birth is not recorded. */
export interface UnseenOptions {
  readonly lane: string;
  readonly role: string;
  /** Why the host clones it. */
  readonly why: Said;
  /** What to say about the child once it has stopped itself. */
  readonly stopped: Said;
  /** Steps of the set-up to omit. */
  readonly omit?: readonly ChildStep[] | undefined;
}

/** The change of rt_sigprocmask: <asm-generic/signal-defs.h>. */
const SIG_SETMASK = 2n;

/** Before the first instruction of the stub code. */
const MOST_INSTRUCTIONS = 1000;

/**
 * Forks a stub as `Tracer.createStub` does, but traced from its first step on. It is then before the first
 * instruction of the stub code, and its set-up is recorded, call by call.
 *
 * @throws ForkError, BirthError; StateError if a call of the set-up fails.
 */
export function forkWatched(recorder: Recorder, tracer: Tracer): Actor {
  const texts = common.parts("fork");
  recorder.observe(texts.observed);
  const observer = texts.unwatched;
  const called = (name: string, args: readonly (bigint | string)[], result: bigint, why: Said) =>
    recorder.call(recorder.host, name, args, result, { why, observer });
  called("getpid", [], BigInt(process.pid), texts.getpid);
  called("rt_sigprocmask", [SIG_SETMASK, "~[]", "&previous", 8n], 0n, texts.block);
  const made = { lane: "master", role: "the first stub", traced: true };
  const child = fork(recorder, tracer, { ...made, why: texts.clone, observer, born: texts.born });
  called("rt_sigprocmask", [SIG_SETMASK, "&previous", 0n, 8n], 0n, texts.restore);
  recorder.stage(() => beginTracing(child));
  recordSetUp(child);
  enterStubCode(child);
  return child;
}

/**
 * Forks a stub as `Tracer.createStub` does, and leaves it alone until it has stopped itself: it is untraced, and the
 * host has not waited for it. /proc says when that is.
 *
 * @throws ForkError, DeadlineError
 */
export function forkUnseen(recorder: Recorder, tracer: Tracer, options: UnseenOptions): Actor {
  recorder.observe(common("unseen.observed"));
  const child = fork(recorder, tracer, { ...options, born: common("unseen.born") });
  stoppedItself(child, options.stopped, common("unseen.known"));
  return child;
}

interface ForkOptions extends Omit<UnseenOptions, "stopped"> {
  readonly traced?: boolean;
  readonly observer?: Said;
  readonly born: Said;
}

/** A child of the host in its lane, with the exit signal SIGCHLD: its clone and its birth are recorded. */
function fork(
  recorder: Recorder,
  tracer: Tracer,
  { lane, role, omit = [], traced = false, why, observer, born }: ForkOptions,
): Actor {
  const exitSignal = tracer.host.constant("SIGCHLD");
  const pid = forkProcess(tracer.host, { exitSignal, omit }, traced);
  recorder.addLane(lane, role, pid);
  const thread = new Thread(tracer.host, pid, pid, traced);
  const words = [tracer.host.cloneWord(exitSignal)];
  const cloned = recorder.call(recorder.host, "clone", words, BigInt(pid), { why, observer });
  const title = `process ${pid} is born`;
  const birth = recorder.step({ lane, kind: "clone", title, why: born });
  recorder.arrow("clone", cloned, birth, "clone");
  return new Actor(recorder, lane, tracer.addStub(thread, exitSignal));
}

/** PTRACE_TRACEME, the stop after it, and the options. */
function beginTracing(child: Actor): void {
  const { recorder, lane, thread } = child;
  const texts = common.parts("traceme");
  const stop = awaitTraced(thread);
  recorder.call(lane, "ptrace", [0n], 0n, { why: texts.call, observer: texts.early });
  const at = child.stopped(stop, texts.stop, texts["stop-observed"]);
  child.waited(at, texts.wait);
  const data = thread.tracer.traceOptions;
  child.request("PTRACE_SETOPTIONS", texts.options, { data, observer: texts.early });
}

/** Waits for the stop after PTRACE_TRACEME. @throws BirthError if the child was refused that */
function awaitTraced(thread: Thread): Stop {
  try {
    return thread.wait();
  } catch (cause) {
    if (!(cause instanceof DeathError)) throw cause;
    const what = `stub ${thread.tid} cannot be traced by its parent: ${cause.how}`;
    throw new BirthError("traceme", what, {
      call: "ptrace(PTRACE_TRACEME)",
      remedy:
        "another process may trace it, such as strace -f, or ptrace is forbidden: run `stublab doctor`",
      cause,
    });
  }
}

/** Runs the child through its set-up, up to the stop before the stub code. */
function recordSetUp(child: Actor): void {
  const calls: Call[] = [];
  const flush = () => recordCalls(child, calls.splice(0));
  for (;;) {
    const outcome = runCall(child.thread);
    if (outcome.kind === "ended") {
      flush();
      throw new StateError(`the set-up of ${child.lane} failed at ${callTitle(outcome.call)}`);
    }
    if (outcome.kind !== "executed" || outcome.call === undefined) break;
    const { call } = outcome;
    if (call.name === "getpid" || call.name === "kill") continue;
    const [first = call] = calls;
    // The same call with the same result, for another signal, is part of the same step.
    if (first.name !== call.name || first.result?.word !== call.result?.word) flush();
    calls.push(call);
    // A step for many calls is recorded when the last of them is known.
    if (call.name !== "rt_sigaction") flush();
  }
  flush();
}

/** One step for calls that differ only in the first argument. */
function recordCalls(child: Actor, calls: readonly Call[]): void {
  const [call] = calls;
  const last = calls.at(-1);
  if (call === undefined || last === undefined) return;
  const [first, ...rest] = call.arguments;
  const many = calls.length > 1 && first !== undefined;
  const all = many && { ...first, told: `${first.told} to ${last.arguments[0]?.told}` };
  const shown = all ? { ...call, arguments: [all, ...rest] } : call;
  const reasons: Readonly<Record<string, Saying>> = common.parts("set-up");
  child.tell({
    kind: "syscall",
    title: `${callTitle(shown)}${many ? `, ${calls.length} calls` : ""}`,
    why: reasons[call.name] ?? "",
    call: shown,
    registers: null,
    observer: common("set-up-observed"),
  });
}

/** From the stop before the stub code to its first instruction: its parent's pid is set, and a jump. */
function enterStubCode(child: Actor): void {
  const { lane, thread } = child;
  const before = child.registers();
  const start = BigInt(thread.tracer.stubAddress);
  for (let i = 0; child.rip !== start; i++) {
    if (i === MOST_INSTRUCTIONS) throw new StateError(`${lane} did not reach the stub code`);
    thread.expect("stopped").resume("PTRACE_SINGLESTEP");
    thread.wait();
  }
  const values = { parent: process.pid, start: hex(start) };
  const { title, why, observed } = common.parts("enter", values);
  child.tell({ kind: "note", title: title.text, why, before, observer: observed });
}
