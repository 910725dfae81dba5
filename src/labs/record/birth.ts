import { hex, StateError } from "../../lib/errors.ts";
import type { Actor } from "./actor.ts";
import { HOST } from "./arch.ts";
import { deathSignal } from "./examine.ts";
import { common, inWords } from "./lesson_text.ts";
import { type Said, type Saying, withText } from "./said.ts";

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
