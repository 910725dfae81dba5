import type { Player } from "../player.ts";
import { RESTS } from "../run.ts";
import type { Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import {
  answersStill,
  becomesStub,
  castAnswer,
  cloneStub,
  comesToStop,
  diesWithParent,
  hasChild,
  makesCall,
  writeAnswer,
} from "./verbs.ts";

/** What kcmp(2) compares: linux/kcmp.h. */
const KCMP = { memory: 1, "file table": 2, "working folder": 3 } as const;

type Thing = keyof typeof KCMP;

/** Expects of each of these things whether a new task shares it with the stub that made it. */
function expectShared(
  stage: Stage,
  stub: Player,
  task: number,
  ...things: readonly (readonly [thing: Thing, isShared: boolean])[]
): void {
  const told = (isShared: boolean) => (isShared ? "shared" : "its own");
  for (const [thing, isShared] of things) {
    const { value } = stage.keeper.inject("kcmp", stub.pid, task, KCMP[thing], 0, 0);
    // Not every kernel says it.
    if (value === null) continue;
    const meaning = "a flag of the clone word is missing, or too many";
    stage.expect(`its ${thing}`, told(isShared), told(value === 0n), meaning);
  }
}

export const cloneRegisters: Task = {
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
      form: "registers",
      start: "rax = SYS_clone\nrdi = 0",
      key: `rax = SYS_clone\nrdi = CLONE_FILES|${signal}\nrbx = 1\nr15 = STUB`,
      hints: [
        "Both processes return from the same SYSCALL, with the same registers but RAX. What follows it in the stub code?",
        "RBX must be 1 for the child to start over, and R15 must be the pid that its getppid will return: that of the stub, STUB.",
        "The lowest byte of RDI is the exit signal, the other bits are flags: CLONE_FILES|SIG…",
      ],
      play(stage, answer) {
        const stub = castAnswer(stage, answer, {}, { lane: "master" });
        const call = makesCall(stage, stub);
        const selects = "RAX selects the system call at the SYSCALL";
        stage.expect("the call that was executed", "clone", call.name, selects);
        const child = hasChild(stage, stub, call, "grandchild");
        comesToStop(stage, child);
        const seen = stage.tracer.signalName(child.facts()?.exitSignal ?? 0);
        stage.expect("its exit signal", signal, seen, "the lowest byte of the clone word is wrong");
        expectShared(stage, stub, child.pid, ["memory", false], ["file table", true]);
        becomesStub(stage, stub, child);
      },
    };
  },
};

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
      form: "registers",
      start: "rip = SYSCALL",
      key: "rip = BEGIN\nr15 = PARENT\nrbx = 1",
      hints: [
        "What has the stub done by then, and what not? Whatever is not done must be done still.",
        "Nothing is lost if it executes the whole stub code once more.",
        "RIP = BEGIN, and R15 must be the pid of its parent.",
      ],
      play(stage, answer) {
        const parent = stage.cast({ lane: "master", role: "the stub that has cloned it" });
        const child = cloneStub(parent);
        child.go(count);
        if (spoilt !== "none") child.write({ [spoilt]: 77n }, "This should not happen.");
        writeAnswer(stage, child, answer);
        comesToStop(stage, child);
        becomesStub(stage, parent, child);
        diesWithParent(stage, parent, child);
      },
    };
  },
};

export const makeThread: Task = {
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
      form: { clone: "the clone word, in RDI" },
      start: `clone = ${given}`,
      key: `clone = CLONE_VM|CLONE_SIGHAND|CLONE_THREAD${extra}`,
      hints: [
        "The kernel refuses some combinations with EINVAL: clone(2) says which flag needs which other.",
        "A thread shares its signal handlers, and who shares these shares memory.",
        "CLONE_VM|CLONE_SIGHAND|CLONE_THREAD, and CLONE_FILES and CLONE_FS as asked.",
      ],
      play(stage, answer) {
        const stub = stage.cast({ role: "the stub that executes your clone" });
        const rax = stage.tracer.flag("SYS_clone");
        stub.write({ rax, rdi: answer.word("clone") }, "Your word is in RDI.");
        stub.go();
        const [call] = stub.calls;
        const tid = Number(call?.result ?? 0n);
        const made = stub.tids().includes(tid) ? "a thread of the stub" : "a process";
        const is = tid > 0 ? made : (call?.told ?? "none");
        const other = "the word does not make a thread";
        stage.require("the new task", "a thread of the stub", is, other);
        expectShared(stage, stub, tid, ["file table", files], ["working folder", folders]);
        const thread = stub.adopt(stub.pid, tid, "thread", "the thread that it has made");
        stage.require("the thread", RESTS, thread.go(), "it is not usable");
        const child = cloneStub(thread);
        comesToStop(stage, child);
        child.attach();
        const exit = { rax: stage.tracer.flag("SYS_exit"), rdi: 0n, rip: thread.names.SYSCALL };
        thread.write(exit, "The thread is made to exit.");
        thread.go();
        stage.expect(
          "the stub of a thread that has ended",
          "killed by SIGKILL",
          child.end("Its parent's thread has ended."),
          "its death signal belongs to the thread",
        );
        answersStill(stage, stub);
      },
    };
  },
};
