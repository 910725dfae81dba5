import { cloneError } from "../../core/stub/birth.ts";
import { Thread } from "../../core/stub/tracee.ts";
import { hex, StateError } from "../../lib/errors.ts";
import { Actor } from "./actor.ts";
import { HOST } from "./arch.ts";
import { deathSignal } from "./examine.ts";
import { common, inWords } from "./lesson_text.ts";
import { type Said, type Saying, withText } from "./said.ts";
import type { CallTelling } from "./telling.ts";

const PLACE = "its self-stop";

/**
 * Steps a stub through the stub code up to its self-stop. There the host detaches from it, so that it is stopped and
 * untraced, as in an unobserved birth.
 *
 * @param texts what is asked before an instruction, or said of it, by its name (Actor.next)
 */
export function stepToSelfStop(
  stub: Actor,
  texts: Readonly<Record<string, Saying | undefined>> = {},
): void {
  const { tracer } = stub.thread;
  const call = BigInt(tracer.stubAddress + tracer.shim.stubSyscallOffset());
  while (stub.rip !== call) stub.go(PLACE, { why: texts[stub.next] });
  const kill = stub.go(PLACE, { why: withText(texts.kill, common("self-stop.kill")) });
  stub.thread.expect("stopped").resume("PTRACE_CONT");
  const { signal: number } = stub.thread.wait();
  if (number !== tracer.constant("SIGSTOP")) {
    throw new StateError(`${stub.lane} was stopped by ${tracer.signalName(number)}`);
  }
  const signal = stub.tell({
    kind: "signal",
    title: "SIGSTOP is delivered",
    why: common("self-stop.delivered"),
    observer: common("self-stop.first-traced"),
  });
  stub.recorder.arrow("signal", kill, signal, "SIGSTOP");
  detachInStop(stub);
}

/** Detaches from a stub at the SIGSTOP that it has sent itself; returns the step of its stop. */
export function detachInStop(stub: Actor): number {
  const observer = common("self-stop.not-yet-traced");
  stub.recorder.stage(() =>
    stub.request("PTRACE_DETACH", common("self-stop.detached"), { observer }),
  );
  return stoppedItself(stub, common("self-stop.stopped"));
}

/** Waits until an untraced stub has stopped, and records that; returns the step. */
export function stoppedItself(stub: Actor, why: Said, observer?: Said): number {
  stub.until(({ state }) => state === "T");
  stub.selfStop = stub.tell({ kind: "stop", title: "stopped by SIGSTOP", why, observer });
  return stub.selfStop;
}

/**
 * Asks the kernel whether a stub is what a birth makes.
 *
 * @param parent its pid
 */
export function checkAtRest(actor: Actor, parent: number, session: number): void {
  const { stub, facts, recorder } = actor;
  const { tracer } = stub;
  const check = (fact: string, expected: string | number, seen: string | number) =>
    recorder.check(inWords(`the stub: ${fact}`), `${expected}`, `${seen}`);
  check("it is stopped by its tracer", "t", facts.state);
  check("its tracer", tracer.tid, facts.tracerTid);
  check("its parent", parent, facts.parentPid);
  check("its session", session, facts.session);
  check("signals blocked", "0x0", hex(facts.blocked));
  check("signals ignored", "0x0", hex(facts.ignored));
  const registers = stub.registers();
  const word = (name: string) => hex(registers[name] ?? 0n);
  check("RIP, after the INT3", hex(tracer.restAddress), word(HOST.INSTRUCTION_POINTER));
  check("R15, its parent's pid", parent, `${registers[HOST.PARENT]}`);
  check("RBX, no clone under way", "0x0", word(HOST.MARK));
  check("getppid, injected", parent, `${stub.call("getppid")}`);
  check("the signal at its parent's end", "SIGKILL", deathSignal(stub));
}

/** The texts of a clone, and the lane of the new stub. */
export interface CloneOptions
  extends Pick<CallTelling, "why">,
    Partial<Pick<CallTelling, "executed" | "answer">> {
  /** The lane of the new stub. Default: "grandchild". */
  readonly lane?: string;
  readonly role?: string;
  /** By name. Default: that of its parent. */
  readonly exitSignal?: string;
  /** What it is for the new stub to be born. */
  readonly born: Said;
}

/**
 * Makes a stub that rests clone another, as `Stub.createStub` does, but such that the new one is traced from its
 * first instruction on: it is stopped before that.
 *
 * @throws StateError if the kernel refuses the clone
 */
export function cloneWatched(parent: Actor, options: CloneOptions): Actor {
  const { recorder, stub } = parent;
  const { tracer, tgid } = parent.thread;
  const { lane = "grandchild", role = "a stub that the master has cloned", born } = options;
  const exitSignal =
    options.exitSignal === undefined ? stub.exitSignal : tracer.parseExitSignal(options.exitSignal);
  const event = exitSignal === tracer.constant("SIGCHLD") ? "FORK" : "CLONE";
  recorder.observe(common("clone.observed"));
  const why = common("clone.traced", { signal: tracer.signalName(exitSignal) });
  recorder.stage(() => parent.setOptions(why, [`PTRACE_O_TRACE${event}`]));
  const frame = parent.frame("clone", tracer.cloneWord(exitSignal), 0, 0, 0, 0);
  tracer.encoder.encodeBootstrap(frame.offset, tgid);
  let child: Actor | undefined;
  parent.inject(frame, {
    executed: common("clone.executed"),
    answer: common("clone.answer"),
    ...options,
    stepped: true,
    returned: (step, result) => {
      const pid = Number(BigInt.asIntN(64, result));
      if (pid < 0) throw cloneError(stub.pid, tracer.errorName(-pid));
      recorder.addLane(lane, role, pid);
      const made = stub.addChild(new Thread(tracer, pid, pid, true), exitSignal);
      child = new Actor(recorder, lane, made);
      isBorn(child, step, born);
    },
  });
  recorder.stage(() => parent.setOptions(common("clone.only-one")));
  if (child === undefined) throw new StateError(`${parent.lane} has not cloned`);
  return child;
}

/** A new task that is traced from its birth stops before its first instruction: a step, and the arrow to it. */
export function isBorn(
  child: Actor,
  clone: number | undefined,
  why: Said,
  call = "clone",
  what = "process",
): void {
  const { recorder, thread } = child;
  thread.wait();
  const title = `${what} ${thread.tid} is born`;
  const born = child.tell({ kind: "clone", title, why, observer: common("clone.before-first") });
  if (clone !== undefined) recorder.arrow("clone", clone, born, call);
}
