import { readIfThere } from "../../../../core/stub/proc.ts";
import { StateError } from "../../../../lib/errors.ts";
import type { Actor } from "../../actor.ts";
import { HOST } from "../../arch.ts";
import { inWords } from "../../lesson_text.ts";
import { type Answer, kernelWord, type Words } from "../answer.ts";
import { awaitEnd, go, inject, kill, type MadeCall, RESTS, STOPPED, write } from "../go.ts";
import type { Cast, Judge } from "../judge.ts";

/** The lines of an answer that set the registers of a call. */
export function linesOf(call: string, ...args: readonly string[]): string {
  const rows = args.map((arg, i) => `${HOST.ARGUMENTS[i]} = ${arg}\n`);
  return `${HOST.NUMBER} = SYS_${call}\n${rows.join("")}`;
}

/** Writes the registers of an answer, which the kernel must take. @param more names of this task */
export function writeAnswer(judge: Judge, actor: Actor, answer: Answer, more: Words = {}): void {
  const { stubAddress, shim } = judge.tracer.host;
  // What the names of "registers" in docs/lessons/tasks.md stand for.
  const words = answer.all({
    STUB: BigInt(actor.pid),
    PARENT: BigInt(actor.facts.parentPid),
    BEGIN: BigInt(stubAddress),
    [inWords("SYSCALL")]: BigInt(stubAddress + shim.stubSyscallOffset()),
    ...more,
  });
  judge.expect("the registers", "accepted", write(actor, words, "The registers of the answer."));
}

/** A stub that has the registers of an answer. @param more names of this task */
export function castAnswer(judge: Judge, answer: Answer, more: Words = {}, cast?: Cast): Actor {
  const actor = judge.cast(cast);
  writeAnswer(judge, actor, answer, more);
  return actor;
}

/** Why a stub executes the call of an answer. */
const SELECTED =
  "The call that the registers select: RAX has its number, and others its arguments.";

/** Executes registers that must make a call and return to rest. Returns that call. */
export function makesCall(judge: Judge, actor: Actor): MadeCall {
  const run = go(actor, undefined, inWords(SELECTED));
  judge.expect("the stub", RESTS, run);
  const [call] = run.calls;
  judge.expect("a call was executed", "yes", call === undefined ? "no" : "yes");
  if (call === undefined) throw new StateError(`stub ${actor.pid} has made no call`);
  return call;
}

/** The child that a call must have made. It stands before its first instruction. */
export function hasChild(judge: Judge, parent: Actor, call: MadeCall, lane = "child"): Actor {
  const { tgid, tid } = parent.thread;
  const pids = readIfThere(`/proc/${tgid}/task/${tid}/children`)?.split(" ").map(Number) ?? [];
  const pid = pids.find((each) => each > 0 && !judge.watched.has(each)) ?? 0;
  judge.expect("a child of the stub", "born", pid === 0 ? `none: ${call.told}` : "born");
  return judge.adopt(pid, pid, call, lane, "the stub that it has cloned");
}

/** The clone word of a stub with SIGCHLD. */
const ORDINARY = kernelWord("CLONE_FILES|SIGCHLD");

/** Lets a stub at rest clone another, which then stands before its first instruction. */
export function cloneNew(judge: Judge, parent: Actor, word = ORDINARY): Actor {
  const frame = parent.frame("clone", word);
  judge.tracer.host.encoder.encodeBootstrap(frame.offset, parent.pid);
  parent.setRegisters(frame, "The registers of a clone.");
  return hasChild(judge, parent, makesCall(judge, parent));
}

/** The same, and lets it execute up to the begin of the stub code. */
export function cloneStub(judge: Judge, parent: Actor, word?: bigint): Actor {
  const child = cloneNew(judge, parent, word);
  // It returns from the clone to the instruction after it.
  const { stubAddress } = judge.tracer.host;
  for (let i = 0; i < 8 && child.rip !== BigInt(stubAddress); i++) go(child, 1);
  return child;
}

/** Lets a stub that begins execute up to its self-stop. */
export function comesToStop(judge: Judge, child: Actor): void {
  const run = go(child);
  const hasCalled = run.told === RESTS && run.calls.length > 0;
  const unsent = "it reached its INT3 without having stopped itself";
  judge.expect("the new stub", STOPPED, run, hasCalled ? unsent : undefined);
}

/** Expects that a stub after its self-stop is a stub like any other: a child of its parent, at rest, ready for calls. */
export function becomesStub(judge: Judge, parent: Actor, child: Actor): void {
  const args = [child.pid, 0, kernelWord("__WALL|WUNTRACED|WNOHANG"), 0];
  const waited = inject(parent, "wait4", args, "Its parent waits for the stop.");
  judge.expect("wait4 of its parent", `${child.pid}`, waited);
  child.attach();
  judge.expect("the stub, resumed after its self-stop", RESTS, go(child));
  const asked = inject(child, "getppid", [], "The first call that is injected into the new stub.");
  judge.expect("getppid, injected", `${parent.pid}`, asked);
}

/** Expects of a stub that begins all that a stub must do: it stops itself, executes calls, and ends with its parent. */
export function livesAsStub(judge: Judge, parent: Actor, child: Actor): void {
  comesToStop(judge, child);
  becomesStub(judge, parent, child);
  kill(parent, "The parent is killed.");
  const how = awaitEnd(child, "Its parent is dead.");
  judge.expect("the stub after the death of its parent", "killed by SIGKILL", how);
}

/** Expects that calls can still be injected into a stub. */
export function takesCalls(judge: Judge, stub: Actor): void {
  const asked = inject(stub, "getpid", [], "Can calls still be injected into the stub?");
  judge.expect("the next call", `${stub.pid}`, asked);
}
