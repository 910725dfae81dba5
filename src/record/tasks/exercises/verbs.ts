import type { Answer } from "../answer.ts";
import type { Names } from "../expression.ts";
import { type Player, type Run, type Stage, tellRun } from "../stage.ts";

/** The names that an answer may use for things of the stub that executes it. */
export const NAMES: Readonly<Record<string, string>> = {
  STUB: "the pid of the stub that gets these registers",
  PARENT: "the pid of its parent",
  BEGIN: "the address of the first instruction of the stub code",
  SYSCALL: "the address of the SYSCALL that executes all injected calls",
};

/** Writes the registers of an answer. Returns whether the kernel takes them. */
export function writeAnswer(stage: Stage, player: Player, answer: Answer): boolean {
  const refused = player.write(answer.all(player.names), "The registers of the answer.");
  return stage.expect(
    "PTRACE_SETREGS",
    "accepted",
    refused === undefined ? "accepted" : refused,
    "the kernel refuses these registers",
  );
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
