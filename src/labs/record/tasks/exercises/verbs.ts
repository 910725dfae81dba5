import { StateError } from "../../../../lib/errors.ts";
import { HOST, NAMES, resultWord } from "../../arch.ts";
import type { Answer, Words } from "../answer.ts";
import type { Cast, Judge } from "../judge.ts";
import type { MadeCall, Player } from "../player.ts";
import { RESTS, type Run, tellRun } from "../run.ts";

/** The lines of an answer that set the registers of a call. */
export function linesOf(call: string, ...args: readonly string[]): string {
  const rows = args.map((arg, i) => `${HOST.ARGUMENTS[i]} = ${arg}\n`);
  return `${HOST.NUMBER} = SYS_${call}\n${rows.join("")}`;
}

/** The registers of a call. */
export function wordsOf({ tracer }: Player, call: string, ...args: readonly bigint[]): Words {
  return {
    [HOST.NUMBER]: tracer.flag(`SYS_${call}`),
    ...Object.fromEntries(args.map((arg, i) => [HOST.ARGUMENTS[i], arg])),
  };
}

/** RIP where all injected calls are executed. */
export function atCall({ tracer }: Player): Words {
  return {
    [HOST.INSTRUCTION_POINTER]: BigInt(tracer.stubAddress + tracer.shim.stubSyscallOffset()),
  };
}

/** The register with the result of the last call, as a signed number. */
export function resultOf(player: Player): bigint {
  return BigInt.asIntN(64, resultWord(player.registers()));
}

/** Writes the registers of an answer, which the kernel must take. @param more names of this task */
export function writeAnswer(judge: Judge, player: Player, answer: Answer, more: Words = {}): void {
  const words = answer.all({ ...player.names, ...more });
  const seen = player.write(words, "The registers of the answer.") ?? "accepted";
  judge.require(`PTRACE_${NAMES.WRITE}`, "accepted", seen, "the kernel refuses these registers");
}

/** A stub that has the registers of an answer. @param more names of this task */
export function castAnswer(judge: Judge, answer: Answer, more: Words = {}, cast?: Cast): Player {
  const player = judge.cast(cast);
  writeAnswer(judge, player, answer, more);
  return player;
}

/** Executes registers that must make a call and come back. Returns that call. */
export function makesCall(judge: Judge, player: Player, what = "the stub"): MadeCall {
  const run = player.go();
  judge.require(what, RESTS, run, "it does not come back to its tracer at an INT3");
  const [call] = player.calls;
  const seen = call === undefined ? "no" : "yes";
  judge.require("a call was executed", "yes", seen, "RIP does not lead to a SYSCALL");
  if (call === undefined) throw new StateError(`stub ${player.pid} has made no call`);
  return call;
}

/** The child that a call must have made. */
export function hasChild(judge: Judge, parent: Player, call: MadeCall, lane = "child"): Player {
  const child = parent.child(lane, "the stub that it has cloned");
  const born = child === undefined ? `none: ${call.told}` : "born";
  judge.require("a child of the stub", "born", born, "the call has made no child of this stub");
  if (child === undefined) throw new StateError(`stub ${parent.pid} has no child`);
  return child;
}

/** The registers of a clone that makes a stub. @param word default: that of a stub with SIGCHLD */
export function cloneWords(player: Player, word?: bigint): Words {
  const { tracer, pid } = player;
  const flags = word ?? tracer.flag("CLONE_FILES") | tracer.flag("SIGCHLD");
  return { ...wordsOf(player, "clone", flags), [HOST.MARK]: 1n, [HOST.PARENT]: BigInt(pid) };
}

/** Lets a stub clone another, and that come to the begin of the stub code. */
export function cloneStub(parent: Player, lane = "child", word?: bigint): Player {
  parent.write({ ...cloneWords(parent, word), ...atCall(parent) }, "The frame of a clone.");
  parent.go();
  const child = parent.child(lane, "the stub that it has cloned");
  if (child === undefined) throw new StateError(`stub ${parent.pid} has cloned nothing`);
  // It returns from the clone to the instruction after it.
  const begin = BigInt(child.tracer.stubAddress);
  for (let i = 0; i < 8 && child.tracee.rip !== begin; i++) child.go(1);
  return child;
}

/** Lets a stub that begins come to its self-stop. */
export function comesToStop(judge: Judge, child: Player): void {
  const run = child.go();
  judge.require("the new stub", tellRun({ kind: "stopped" }), run, whyNot(child, run));
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
export function becomesStub(judge: Judge, parent: Player, child: Player): void {
  const { tracer } = judge;
  const options = tracer.waitAll | tracer.constant("WUNTRACED") | tracer.constant("WNOHANG");
  const waited = parent.call("wait4", [child.pid, 0, options, 0], "Its parent waits for the stop.");
  const unseen = "its parent does not see it, or an injected call does not come back";
  judge.require("wait4 of its parent", `${child.pid}`, waited, unseen);
  child.attach();
  const lost = "it must come to an INT3, where its tracer gets it back";
  judge.require("the stub, resumed after its self-stop", RESTS, child.go(), lost);
  const asked = child.call("getppid", [], "The first call that is injected into the new stub.");
  const other = "an injected call does not come back with its result";
  judge.require("getppid, injected", `${parent.pid}`, asked, other);
}

/** Expects that a stub ends when its parent is killed. */
export function diesWithParent(judge: Judge, parent: Player, child: Player): void {
  parent.kill("The parent is killed: what becomes of the stub?");
  judge.expect(
    "the stub after the death of its parent",
    "killed by SIGKILL",
    child.end("Its parent is dead."),
    "it has never asked for a death signal: it outlives its parent, and nothing cleans up after it",
  );
}

/** Expects that calls can still be injected into a stub. */
export function answersStill(judge: Judge, stub: Player): void {
  const asked = stub.call("getpid", [], "Does the stub still answer?");
  judge.expect("the next call", `${stub.pid}`, asked, "the stub cannot be used any more");
}
