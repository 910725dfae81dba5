import type { Answer } from "../answer.ts";
import type { Player } from "../player.ts";
import { RESTS, tellRun } from "../run.ts";
import type { Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import { cloneWords, comesToStop, NAMES, writeAnswer } from "./verbs.ts";

/** What kcmp(2) compares: linux/kcmp.h. */
const KCMP = { memory: 1, files: 2, folders: 3 } as const;

/** Whether two processes share something; undefined if this kernel does not say. */
function share(stage: Stage, one: number, other: number, what: number): boolean | undefined {
  const { value } = stage.keeper.inject("kcmp", one, other, what, 0, 0);
  return value === null ? undefined : value === 0n;
}

const shared = (is: boolean): string => (is ? "shared" : "its own");

export const cloneFrame: Task = {
  lesson: "grandchild",
  title: "Write the registers so that the grandchild survives",
  exercise(draw) {
    const signal = draw.one("SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGHUP", "SIGKILL");
    return {
      text: [
        "A stub is about to execute your registers, from the SYSCALL of the stub code on. Make it clone another stub: a " +
          `process with memory of its own, which shares the file table, and whose exit signal is ${signal}. The ` +
          "grandchild must recognize its parent and stop itself, and the stub must come to its INT3.",
        "Registers that you do not set are those of a stub at rest: RIP is at the SYSCALL, orig_rax is -1, RBX is 0, R15 is the " +
          "pid of the stub's own parent, and RAX and the registers of arguments are 0.",
      ],
      form: { kind: "registers" },
      names: NAMES,
      start: "rax = SYS_clone\nrdi = 0\n",
      key: `rax = SYS_clone\nrdi = CLONE_FILES|${signal}\nrbx = 1\nr15 = STUB\n`,
      hints: [
        "Both processes return from the same SYSCALL, with the same registers but RAX. What follows it in the stub code?",
        "RBX must be 1 for the child to start over, and R15 must be the pid that its getppid will return: that of the stub, STUB.",
        "The lowest byte of RDI is the exit signal, the other bits are flags: CLONE_FILES|SIG…",
      ],
      play(stage, answer) {
        const parent = stage.cast({
          lane: "master",
          role: "the stub that executes your registers",
        });
        if (!writeAnswer(stage, parent, answer)) return;
        const child = bear(stage, parent);
        if (child === undefined || !comesToStop(stage, child)) return;
        judgeChild(stage, parent, child, signal);
      },
    };
  },
};

/** Runs a frame that should clone, and returns the child. */
function bear(stage: Stage, parent: Player): Player | undefined {
  const run = parent.go();
  if (!stage.expectRun("the stub that clones", RESTS, run, "it must come back for the next call")) {
    return undefined;
  }
  const [call] = parent.calls;
  stage.expect(
    "the call that was executed",
    "clone",
    call?.name ?? "none",
    "RAX selects the system call at the SYSCALL",
  );
  const child = parent.child("grandchild", "the stub that it has cloned");
  const born = child === undefined ? `none: ${call?.told}` : "born";
  stage.expect("a child of the stub", "born", born, "the call has made no child of this stub");
  return child;
}

function judgeChild(stage: Stage, parent: Player, child: Player, signal: string): void {
  const { tracer } = stage;
  const facts = child.facts();
  const seen = tracer.signalName(facts?.exitSignal ?? 0);
  stage.expect("its exit signal", signal, seen, "the lowest byte of the clone word is wrong");
  for (const [fact, what, is] of [
    ["its memory", KCMP.memory, false],
    ["its file table", KCMP.files, true],
  ] as const) {
    const seen = share(stage, parent.pid, child.pid, what);
    if (seen === undefined) continue;
    stage.expect(
      fact,
      shared(is),
      shared(seen),
      "a flag of the clone word is missing, or too many",
    );
  }
  const options = tracer.waitAll | tracer.constant("WUNTRACED") | tracer.constant("WNOHANG");
  const waited = parent.call("wait4", [child.pid, 0, options, 0], "Its parent waits for the stop.");
  stage.expect("wait4 of its parent", `${child.pid}`, `${waited}`, "it is not a child of the stub");
  child.attach();
  const asked = child.call("getppid", [], "The first call that is injected into the new stub.");
  stage.expect("getppid, injected", `${parent.pid}`, `${asked}`, "it is not a child of the stub");
}

export const orphan: Task = {
  lesson: "parent-dies",
  title: "Choose when the parent dies",
  exercise(draw) {
    const goal = draw.one("any", "latest", "earliest");
    const text = {
      any: "Choose it so that the stub dies as an orphan: it exits with status 1.",
      latest:
        "Choose the latest moment at which the stub still dies as an orphan: it exits with status 1, and if the parent " +
        "died one instruction later, it would be killed by SIGKILL.",
      earliest:
        "Choose the earliest moment at which the stub is killed by SIGKILL, when its parent dies: one instruction earlier it " +
        "would exit with status 1.",
    }[goal];
    const key = { any: 2, latest: 3, earliest: 4 }[goal];
    return {
      text: [
        "A stub has been cloned, and stands before the first instruction of the stub code. It executes some instructions. Then " +
          "its parent is killed, and the stub goes on. How many instructions?",
        text,
      ],
      form: {
        kind: "fields",
        fields: { instructions: "how many the stub executes before its parent dies" },
      },
      start: `instructions = ${draw.number(8, 18)}\n`,
      key: `instructions = ${key}\n`,
      hints: [
        "Read the stub code: stublab step grandchild. Which call asks for a signal at the parent's end?",
        "The signal is only sent to children that have asked before. A SYSCALL counts when it is executed, not when its number is loaded.",
        "The prctl is the fourth instruction.",
      ],
      play(stage, answer) {
        const count = Number(answer.word("instructions") ?? 0n);
        if (
          !stage.expect("the number", "0 to 21", inRange(count), "the stub code stops after that")
        )
          return;
        const orphaned = "exited with status 1";
        const killed = "killed by SIGKILL";
        const first = dieAfter(stage, count, "");
        if (goal === "any") {
          stage.expect(
            "the stub",
            orphaned,
            first,
            "its parent died at another moment than you think",
          );
          return;
        }
        const late = goal === "latest";
        stage.expect(
          "the stub",
          late ? orphaned : killed,
          first,
          "its parent died too late or too early",
        );
        const other = dieAfter(stage, count + (late ? 1 : -1), "second-");
        const moment = late ? "one instruction later" : "one instruction earlier";
        stage.expect(
          `the same, ${moment}`,
          late ? killed : orphaned,
          other,
          `it is not the ${goal} moment`,
        );
      },
    };
  },
};

function inRange(count: number): string {
  return count >= 0 && count <= 21 ? "0 to 21" : `${count}`;
}

/** A birth whose parent dies after some instructions of the child; how the child ends. */
function dieAfter(stage: Stage, count: number, prefix: string): string {
  const parent = stage.cast({ lane: `${prefix}parent`, role: "its life is short" });
  parent.write(cloneWords(stage, parent), "The frame of a clone.");
  parent.go();
  const child = parent.child(`${prefix}child`, "the stub that it has cloned");
  if (child === undefined) return "was not born";
  child.goToBegin();
  if (count > 0) child.go(count);
  parent.kill("The parent is killed now.");
  return tellRun(child.go());
}

export const threadWord: Task = {
  lesson: "thread-dies",
  title: "Make a thread, not a process",
  exercise(draw) {
    const files = draw.one(true, false);
    const folders = draw.one(true, false);
    const given = draw.one("CLONE_THREAD", "CLONE_SIGHAND", "CLONE_VM");
    const own = (is: boolean) => (is ? "shares" : "does not share");
    const extra = `${files ? "|CLONE_FILES" : ""}${folders ? "|CLONE_FS" : ""}`;
    return {
      text: [
        "A stub executes clone with your word. Write it so that the new task is a thread of the stub, which " +
          `${own(files)} its file table, and ${own(folders)} its working folder (see clone(2)).`,
        "Then that thread clones a stub, and ends. The check shows what happens to that stub: the process of its parent lives on.",
      ],
      form: { kind: "fields", fields: { clone: "the clone word, in RDI" } },
      start: `clone = ${given}\n`,
      key: `clone = CLONE_VM|CLONE_SIGHAND|CLONE_THREAD${extra}\n`,
      hints: [
        "The kernel refuses some combinations with EINVAL: clone(2) says which flag needs which other.",
        "A thread shares its signal handlers, and who shares these shares memory.",
        "CLONE_VM|CLONE_SIGHAND|CLONE_THREAD, and CLONE_FILES and CLONE_FS as asked.",
      ],
      play(stage, answer) {
        makeThread(stage, answer, { files, folders });
      },
    };
  },
};

function makeThread(
  stage: Stage,
  answer: Answer,
  asked: { readonly files: boolean; readonly folders: boolean },
): void {
  const { tracer } = stage;
  const stub = stage.cast({ lane: "stub", role: "the stub that executes your clone" });
  const words = { rax: tracer.flag("SYS_clone"), rdi: answer.word("clone") ?? 0n };
  stub.write(new Map(Object.entries(words)), "Your word is in RDI.");
  stub.go();
  const tid = Number(BigInt.asIntN(64, stub.calls[0]?.result ?? 0n));
  const is =
    tid <= 0
      ? (stub.calls[0]?.told ?? "none")
      : stub.tasks().includes(tid)
        ? "a thread of the stub"
        : "a process";
  if (
    !stage.expect("the new task", "a thread of the stub", is, "the word does not make a thread")
  ) {
    return;
  }
  for (const [fact, what, expected] of [
    ["its file table", KCMP.files, asked.files],
    ["its working folder", KCMP.folders, asked.folders],
  ] as const) {
    const seen = share(stage, stub.pid, tid, what);
    if (seen === undefined) continue;
    stage.expect(
      fact,
      shared(expected),
      shared(seen),
      "a flag of the word is missing, or too many",
    );
  }
  const thread = stub.adopt(stub.pid, tid, "thread", "the thread that it has made");
  if (!stage.expectRun("the thread", RESTS, thread.go(), "it is not usable")) return;
  thread.write(cloneWords(stage, thread), "The thread clones a stub.");
  thread.go();
  const child = thread.child("child", "the stub that the thread has cloned");
  if (child === undefined) return;
  child.go();
  child.attach();
  thread.leave();
  stage.expect(
    "the stub of a thread that has ended",
    "killed by SIGKILL",
    child.end("Its parent's thread has ended.") ?? "lives",
    "its death signal belongs to the thread",
  );
  const asks = stub.call("getpid", [], "The process itself lives on.");
  stage.expect("the process of that thread", `${stub.pid}`, `${asks}`, "it should live on");
}

export const earlyAttach: Task = {
  lesson: "early-attach",
  title: "Save a stub that was attached too early",
  exercise(draw) {
    const count = draw.number(1, 18);
    const spoilt = draw.one("r15", "rbx", "none");
    return {
      text: [
        `A tracer has attached to a new stub after ${count} instructions of the stub code, anywhere but at its self-stop. Its ` +
          "registers there are useless as initial registers.",
        ...(spoilt === "none"
          ? []
          : [`Besides, ${spoilt.toUpperCase()} has been overwritten with 77.`]),
        "Write registers with which it goes on, such that it still becomes a stub like any other: it recognizes its parent, stops " +
          "itself, answers calls, and dies with its parent. Registers that you do not set stay as they are.",
      ],
      form: { kind: "registers" },
      names: NAMES,
      start: "rip = SYSCALL\n",
      key: "rip = BEGIN\nr15 = PARENT\nrbx = 1\n",
      hints: [
        "What has the stub done by then, and what not? Whatever is not done must be done still.",
        "Nothing is lost if it executes the whole stub code once more.",
        "RIP = BEGIN, and R15 must be the pid of its parent.",
      ],
      play(stage, answer) {
        const parent = stage.cast({ lane: "master", role: "the stub that has cloned it" });
        parent.write(cloneWords(stage, parent), "The frame of a clone.");
        parent.go();
        const child = parent.child("child", "the stub that was attached too early");
        if (child === undefined) return;
        child.goToBegin();
        child.go(count);
        if (spoilt !== "none") child.write(new Map([[spoilt, 77n]]), "This should not happen.");
        if (!writeAnswer(stage, child, answer) || !comesToStop(stage, child)) return;
        child.attach();
        if (!stage.expectRun("after the attach", RESTS, child.go(), "it cannot be used")) return;
        const asked = child.call("getppid", [], "A call is injected.");
        stage.expect("getppid, injected", `${parent.pid}`, `${asked}`, "it has another parent");
        parent.kill("The parent is killed: what becomes of the stub?");
        const end = child.end("Its parent is dead.") ?? "lives on";
        stage.expect(
          "the stub after the death of its parent",
          "killed by SIGKILL",
          end,
          "it has never asked for a death signal, and nothing cleans up after it",
        );
      },
    };
  },
};
