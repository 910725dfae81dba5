import { StateError } from "../../../../lib/errors.ts";
import type { Answer, Words } from "../answer.ts";
import type { MadeCall, Player } from "../player.ts";
import { RESTS, type Run, tellRun } from "../run.ts";
import type { Cast, Stage } from "../stage.ts";

/** Writes the registers of an answer, which the kernel must take. @param more names of this task */
export function writeAnswer(stage: Stage, player: Player, answer: Answer, more: Words = {}): void {
  const words = answer.all({ ...player.names, ...more });
  const seen = player.write(words, "The registers of the answer.") ?? "accepted";
  stage.require("PTRACE_SETREGS", "accepted", seen, "the kernel refuses these registers");
}

/** A stub that has the registers of an answer. @param more names of this task */
export function castAnswer(stage: Stage, answer: Answer, more: Words = {}, cast?: Cast): Player {
  const player = stage.cast(cast);
  writeAnswer(stage, player, answer, more);
  return player;
}

/** Executes registers that must make a call and come back. Returns that call. */
export function makesCall(stage: Stage, player: Player, what = "the stub"): MadeCall {
  const run = player.go();
  stage.require(what, RESTS, run, "it does not come back to its tracer at an INT3");
  const [call] = player.calls;
  const seen = call === undefined ? "no" : "yes";
  stage.require("a call was executed", "yes", seen, "RIP does not lead to a SYSCALL");
  if (call === undefined) throw new StateError(`stub ${player.pid} has made no call`);
  return call;
}

/** The child that a call must have made. */
export function hasChild(stage: Stage, parent: Player, call: MadeCall, lane = "child"): Player {
  const child = parent.child(lane, "the stub that it has cloned");
  const born = child === undefined ? `none: ${call.told}` : "born";
  stage.require("a child of the stub", "born", born, "the call has made no child of this stub");
  if (child === undefined) throw new StateError(`stub ${parent.pid} has no child`);
  return child;
}

/** The registers of a clone that makes a stub. @param signal at its end, or "0" */
export function cloneWords({ tracer, pid }: Player, signal = "SIGCHLD"): Words {
  const exitSignal = signal === "0" ? 0n : tracer.flag(signal);
  return {
    rax: tracer.flag("SYS_clone"),
    rdi: tracer.flag("CLONE_FILES") | exitSignal,
    rbx: 1n,
    r15: BigInt(pid),
  };
}

/** Lets a stub clone another, and that come to the begin of the stub code. */
export function cloneStub(parent: Player, lane = "child", signal?: string): Player {
  const frame = { ...cloneWords(parent, signal), rip: parent.names.SYSCALL };
  parent.write(frame, "The frame of a clone.");
  parent.go();
  const child = parent.child(lane, "the stub that it has cloned");
  if (child === undefined) throw new StateError(`stub ${parent.pid} has cloned nothing`);
  // It returns from the clone to the instruction after the SYSCALL.
  const begin = child.names.BEGIN;
  for (let i = 0; i < 8 && child.tracee.rip !== begin; i++) child.go(1);
  return child;
}

/** Lets a stub that begins come to its self-stop. */
export function comesToStop(stage: Stage, child: Player): void {
  const run = child.go();
  stage.require("the new stub", tellRun({ kind: "stopped" }), run, whyNot(child, run));
}

function whyNot(child: Player, run: Run): string {
  switch (run.kind) {
    case "rest":
      return child.calls.length > 0
        ? "it came to its INT3 without having stopped itself"
        : "it met the INT3 instead of starting over, and untraced it would be killed by SIGTRAP: RBX tells a new stub to start over";
    case "ended":
      return run.how === "exited with status 1"
        ? "its parent is not the process whose pid is in R15, so it takes itself for an orphan"
        : "it has ended";
    case "fault":
      return "it executes something that it cannot, and untraced it would be killed by that signal";
    default:
      return "it goes another way";
  }
}

/** Expects that a stub after its self-stop is a stub like any other: a child of its parent, at rest, ready for calls. */
export function becomesStub(stage: Stage, parent: Player, child: Player): void {
  const { tracer } = stage;
  const options = tracer.waitAll | tracer.constant("WUNTRACED") | tracer.constant("WNOHANG");
  const waited = parent.call("wait4", [child.pid, 0, options, 0], "Its parent waits for the stop.");
  const unseen = "its parent does not see it, or an injected call does not come back";
  stage.require("wait4 of its parent", `${child.pid}`, waited, unseen);
  child.attach();
  const lost = "it must come to an INT3, where its tracer gets it back";
  stage.require("the stub, resumed after its self-stop", RESTS, child.go(), lost);
  const asked = child.call("getppid", [], "The first call that is injected into the new stub.");
  const other = "an injected call does not come back with its result";
  stage.require("getppid, injected", `${parent.pid}`, asked, other);
}

/** Expects that a stub ends when its parent is killed. */
export function diesWithParent(stage: Stage, parent: Player, child: Player): void {
  parent.kill("The parent is killed: what becomes of the stub?");
  stage.expect(
    "the stub after the death of its parent",
    "killed by SIGKILL",
    child.end("Its parent is dead."),
    "it has never asked for a death signal: it outlives its parent, and nothing cleans up after it",
  );
}

/** Expects that calls can still be injected into a stub. */
export function answersStill(stage: Stage, stub: Player): void {
  const asked = stub.call("getpid", [], "Does the stub still answer?");
  stage.expect("the next call", `${stub.pid}`, asked, "the stub cannot be used any more");
}
