import { PAGE_SIZE } from "../../../stub/amd64.ts";
import type { Stub } from "../../../stub/stub.ts";
import type { Answer } from "../answer.ts";
import type { Names } from "../expression.ts";
import type { Player } from "../player.ts";
import { RESTS, type Run, tellRun } from "../run.ts";
import type { Stage } from "../stage.ts";

/** The names that an answer may use for things of the stub that executes it. */
export const NAMES: Readonly<Record<string, string>> = {
  STUB: "the pid of the stub that gets these registers",
  PARENT: "the pid of its parent",
  BEGIN: "the address of the first instruction of the stub code",
  SYSCALL: "the address of the SYSCALL that executes all injected calls",
};

/**
 * Writes the registers of an answer. Returns whether the kernel takes them.
 *
 * @param more names of this task
 */
export function writeAnswer(
  stage: Stage,
  player: Player,
  answer: Answer,
  more: Readonly<Record<string, bigint>> = {},
): boolean {
  const names: Names = new Map([...player.names, ...Object.entries(more)]);
  const refused = player.write(answer.all(names), "The registers of the answer.");
  const seen = refused ?? "accepted";
  return stage.expect("PTRACE_SETREGS", "accepted", seen, "the kernel refuses these registers");
}

/** The registers of a clone that makes a stub. */
export function cloneWords(stage: Stage, parent: Player, signal = "SIGCHLD"): Names {
  const { tracer } = stage;
  return new Map([
    ["rax", tracer.flag("SYS_clone")],
    ["rdi", tracer.flag("CLONE_FILES") | (signal === "0" ? 0n : tracer.flag(signal))],
    ["rbx", 1n],
    ["r15", BigInt(parent.pid)],
  ]);
}

/** Lets a stub that begins come to its self-stop. Returns whether it did. */
export function comesToStop(stage: Stage, child: Player): boolean {
  const run = child.go();
  return stage.expectRun("the new stub", tellRun({ kind: "stopped" }), run, whyNot(child, run));
}

function whyNot(child: Player, run: Run): string {
  switch (run.kind) {
    case "rest":
      return child.calls.length > 0
        ? "it came to its INT3 without having stopped itself"
        : "it met the INT3 instead of starting over, and untraced it is killed by SIGTRAP: RBX tells a new stub to start over";
    case "ended":
      return run.how === "exited with status 1"
        ? "its parent is not the process whose pid is in R15, so it takes itself for an orphan"
        : "it has ended";
    case "fault":
      return "it executes something that it cannot, and untraced it is killed by that signal";
    default:
      return "it goes another way";
  }
}

/** Executes the registers of an answer, which must make one call and come back. Returns whether they did. */
export function makesCall(stage: Stage, player: Player): boolean {
  const run = player.go();
  const called = player.calls.length > 0 ? "yes" : "no";
  return (
    stage.expectRun("the stub", RESTS, run, "the call does not come back to the tracer") &&
    stage.expect("a call was executed", "yes", called, "RIP does not lead to a SYSCALL")
  );
}

/** Maps single pages. */
export function mapPages(stub: Stub, addresses: readonly bigint[]): void {
  const { tracer } = stub;
  const protection = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
  const flags =
    tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS") | tracer.flag("MAP_FIXED");
  for (const address of addresses) stub.call("mmap", address, PAGE_SIZE, protection, flags, -1, 0);
}

/** Expects that calls can still be injected into a stub. */
export function answersStill(stage: Stage, stub: Player): void {
  const asked = stub.call("getpid", [], "Does the stub still answer?");
  stage.expect("the next call", `${stub.pid}`, `${asked}`, "the stub cannot be used any more");
}
