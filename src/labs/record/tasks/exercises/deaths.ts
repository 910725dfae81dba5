import { RESTS, tellRun } from "../run.ts";
import type { Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import { cloneStub, cloneWords, hasChild, makesCall } from "./verbs.ts";

const ORPHANED = "exited with status 1";
const KILLED = "killed by SIGKILL";

/** How many instructions a stub executes before it stops itself. */
const MOST = 21;

export const parentDies: Task = {
  lesson: "parent-dies",
  title: "Choose when the parent dies",
  exercise(draw) {
    const goal = draw.one("any", "latest", "earliest");
    const [key, text] = (
      {
        any: [2, "Choose it so that the stub dies as an orphan: it exits with status 1."],
        latest: [
          3,
          "Choose the latest moment at which the stub still dies as an orphan: it exits with status 1, and if the parent " +
            "died one instruction later, it would be killed by SIGKILL.",
        ],
        earliest: [
          4,
          "Choose the earliest moment at which the stub is killed by SIGKILL, when its parent dies: one instruction earlier it " +
            "would exit with status 1.",
        ],
      } as const
    )[goal];
    return {
      text: [
        "A stub has been cloned, and stands before the first instruction of the stub code. It executes some instructions. Then " +
          "its parent is killed, and the stub goes on. How many instructions?",
        text,
      ],
      form: { instructions: "how many the stub executes before its parent dies" },
      start: `instructions = ${draw.number(8, 18)}`,
      key: `instructions = ${key}`,
      hints: [
        "Read the stub code: stublab lesson grandchild. Which call asks for a signal at the parent's end?",
        "The signal is only sent to children that have asked before. A SYSCALL counts when it is executed, not when its number is loaded.",
        "The prctl is the fourth instruction.",
      ],
      play(stage, answer) {
        const count = Number(answer.word("instructions"));
        const range = `0 to ${MOST}`;
        const seen = count <= MOST ? range : `${count}`;
        stage.require("the number", range, seen, "the stub code stops after that");
        if (goal === "any") {
          const other = "its parent died at another moment than you think";
          stage.expect("the stub", ORPHANED, dieAfter(stage, count), other);
          return;
        }
        const [ends, next, moment] =
          goal === "latest"
            ? ([ORPHANED, KILLED, "later"] as const)
            : ([KILLED, ORPHANED, "earlier"] as const);
        const late = "its parent died too late or too early";
        stage.expect("the stub", ends, dieAfter(stage, count), late);
        const other = dieAfter(stage, count + (moment === "later" ? 1 : -1), "second-");
        const fact = `the same, one instruction ${moment}`;
        stage.expect(fact, next, other, `it is not the ${goal} moment`);
      },
    };
  },
};

/** A birth whose parent dies after some instructions of the child; how the child ends. */
function dieAfter(stage: Stage, count: number, prefix = ""): string {
  const parent = stage.cast({ lane: `${prefix}parent`, role: "its life is short" });
  const child = cloneStub(parent, `${prefix}child`);
  child.go(count);
  parent.kill("The parent is killed now.");
  return tellRun(child.go());
}

export const exitSignal: Task = {
  lesson: "cascade",
  title: "A clone word whose child's death is felt",
  exercise(draw) {
    const signal = draw.one("SIGKILL", "SIGTERM", "SIGUSR1", "SIGHUP", "SIGALRM", "SIGCHLD", "0");
    const lives = signal === "SIGCHLD" || signal === "0";
    const goal = lives
      ? `the parent gets ${signal === "0" ? "no signal at all" : signal}, and lives on`
      : `the parent is killed by ${signal}`;
    const key = `clone = CLONE_FILES${signal === "0" ? "" : `|${signal}`}`;
    return {
      text: [
        `A stub clones another with your word. Then the child is killed. Write the word so that ${goal}.`,
        "The child must be a process that begins like any stub.",
      ],
      form: { clone: "the clone word, in RDI" },
      start: `clone = CLONE_FILES|${lives ? "SIGKILL" : "SIGCHLD"}`,
      key,
      hints: [
        "The signal at the end of a child is chosen when the child is made.",
        "It is the lowest byte of the clone word; with 0 no signal is sent.",
        key,
      ],
      play(stage, answer) {
        const parent = stage.cast({ lane: "master", role: "the stub that clones, with your word" });
        const words = { ...cloneWords(parent), rdi: answer.word("clone") };
        parent.write(words, "The frame of a clone, with the word of the answer.");
        const child = hasChild(stage, parent, makesCall(stage, parent));
        child.go(4);
        child.kill("The child is killed.");
        const { signals, how } = parent.meet();
        const gets = how === KILLED ? how : (signals[0] ?? "none");
        const felt = signal === "SIGKILL" ? KILLED : signal;
        const expected = signal === "0" ? "none" : felt;
        stage.expect(
          "what its parent gets",
          expected,
          gets,
          "the exit signal of the child is another",
        );
        if (!lives) {
          stage.expect("the parent", `killed by ${signal}`, how, "the parent survives");
          return;
        }
        stage.require("the parent", RESTS, how, "the parent must live on");
        const args = [child.pid, 0, stage.tracer.waitAll, 0];
        const reaped = parent.call("wait4", args, "The parent reaps its child.");
        stage.expect(
          "wait4 of its parent",
          `${child.pid}`,
          reaped,
          "it is not a child of the stub",
        );
      },
    };
  },
};
