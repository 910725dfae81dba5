import { StateError } from "../../../../lib/errors.ts";
import type { Actor } from "../../actor.ts";
import { HOST, NAMES } from "../../arch.ts";
import type { Answer, Words } from "../answer.ts";
import { awaitEnd, go, inject, kill, newChildren, write } from "../go.ts";
import type { Cast, Judge } from "../judge.ts";
import { type MadeCall, RESTS, STOPPED } from "../run.ts";

/** The lines of an answer that set the registers of a call. */
export function linesOf(call: string, ...args: readonly string[]): string {
  const rows = args.map((arg, i) => `${HOST.ARGUMENTS[i]} = ${arg}\n`);
  return `${HOST.NUMBER} = SYS_${call}\n${rows.join("")}`;
}

/** The registers of a call. */
export function wordsOf({ tracer }: Judge, call: string, ...args: readonly bigint[]): Words {
  return {
    [HOST.NUMBER]: tracer.flag(`SYS_${call}`),
    ...Object.fromEntries(args.map((arg, i) => [HOST.ARGUMENTS[i], arg])),
  };
}

/** The address where all injected calls are executed. */
const callAddress = ({ tracer }: Judge) =>
  BigInt(tracer.stubAddress + tracer.shim.stubSyscallOffset());

/** RIP at that address. */
export const atCall = (judge: Judge): Words => ({
  [HOST.INSTRUCTION_POINTER]: callAddress(judge),
});

/** What the names of "registers" in docs/lessons/tasks.md stand for. */
const namesOf = (judge: Judge, { pid, facts }: Actor): Words => ({
  STUB: BigInt(pid),
  PARENT: BigInt(facts.parentPid),
  BEGIN: BigInt(judge.tracer.stubAddress),
  [NAMES.CALL]: callAddress(judge),
});

/** Writes the registers of an answer, which the kernel must take. @param more names of this task */
export function writeAnswer(judge: Judge, actor: Actor, answer: Answer, more: Words = {}): void {
  const words = answer.all({ ...namesOf(judge, actor), ...more });
  const seen = write(judge, actor, words, "The registers of the answer.") ?? "accepted";
  judge.expect("the registers", "accepted", seen);
}

/** A stub that has the registers of an answer. @param more names of this task */
export function castAnswer(judge: Judge, answer: Answer, more: Words = {}, cast?: Cast): Actor {
  const actor = judge.cast(cast);
  writeAnswer(judge, actor, answer, more);
  return actor;
}

/** Why a stub executes the call of an answer. */
const SELECTED = `The call that the registers select: ${NAMES.NUMBER} has its number, and others its arguments.`;

/** Executes registers that must make a call and come back. Returns that call. */
export function makesCall(judge: Judge, actor: Actor): MadeCall {
  const run = go(actor, undefined, SELECTED);
  judge.expect("the stub", RESTS, run);
  const [call] = run.calls;
  judge.expect("a call was executed", "yes", call === undefined ? "no" : "yes");
  if (call === undefined) throw new StateError(`stub ${actor.pid} has made no call`);
  return call;
}

/** The child that a call must have made. It stands before its first instruction. */
export function hasChild(judge: Judge, parent: Actor, call: MadeCall, lane = "child"): Actor {
  const [pid] = newChildren(judge, parent);
  const born = pid === undefined ? `none: ${call.told}` : "born";
  judge.expect("a child of the stub", "born", born);
  const role = "the stub that it has cloned";
  return judge.adopt(pid ?? 0, pid ?? 0, call, lane, role);
}

/** The registers of a clone that makes a stub. @param word default: that of a stub with SIGCHLD */
export function cloneWords(judge: Judge, parent: Actor, word?: bigint): Words {
  const { tracer } = judge;
  const flags = word ?? tracer.flag("CLONE_FILES") | tracer.flag("SIGCHLD");
  const words = wordsOf(judge, "clone", flags);
  return { ...words, [HOST.MARK]: 1n, [HOST.PARENT]: BigInt(parent.pid) };
}

/** Lets a stub clone another, and that come to the begin of the stub code. */
export function cloneStub(judge: Judge, parent: Actor, lane = "child", word?: bigint): Actor {
  const words = { ...cloneWords(judge, parent, word), ...atCall(judge) };
  write(judge, parent, words, "The frame of a clone.");
  const child = hasChild(judge, parent, makesCall(judge, parent), lane);
  // It returns from the clone to the instruction after it.
  const begin = BigInt(judge.tracer.stubAddress);
  for (let i = 0; i < 8 && child.rip !== begin; i++) go(child, 1);
  return child;
}

/** Lets a stub that begins come to its self-stop. */
export function comesToStop(judge: Judge, child: Actor): void {
  const run = go(child);
  const hasCalled = run.kind === "rest" && run.calls.length > 0;
  const unsent = "it came to its INT3 without having stopped itself";
  judge.expect("the new stub", STOPPED, run, hasCalled ? unsent : undefined);
}

/** Expects that a stub after its self-stop is a stub like any other: a child of its parent, at rest, ready for calls. */
export function becomesStub(judge: Judge, parent: Actor, child: Actor): void {
  const { tracer } = judge;
  const options = tracer.waitAll | tracer.constant("WUNTRACED") | tracer.constant("WNOHANG");
  const args = [child.pid, 0, options, 0];
  const waited = inject(parent, "wait4", args, "Its parent waits for the stop.");
  judge.expect("wait4 of its parent", `${child.pid}`, waited);
  child.attach();
  judge.expect("the stub, resumed after its self-stop", RESTS, go(child));
  const asked = inject(child, "getppid", [], "The first call that is injected into the new stub.");
  judge.expect("getppid, injected", `${parent.pid}`, asked);
}

/** Expects of a stub that begins all that a stub must do: it stops itself, answers, and ends with its parent. */
export function livesAsStub(judge: Judge, parent: Actor, child: Actor): void {
  comesToStop(judge, child);
  becomesStub(judge, parent, child);
  kill(parent, "The parent is killed: what becomes of the stub?");
  const how = awaitEnd(child, "Its parent is dead.");
  judge.expect("the stub after the death of its parent", "killed by SIGKILL", how);
}

/** Expects that calls can still be injected into a stub. */
export function answersStill(judge: Judge, stub: Actor): void {
  const asked = inject(stub, "getpid", [], "Does the stub still answer?");
  judge.expect("the next call", `${stub.pid}`, asked);
}
