import { existsSync } from "node:fs";
import type { Actor } from "../../actor.ts";
import { HOST } from "../../arch.ts";
import { processFacts } from "../../kernel_view.ts";
import { inWords } from "../../lesson_text.ts";
import { go, RESTS, write } from "../go.ts";
import type { Judge } from "../judge.ts";
import type { Pose } from "../task.ts";
import {
  becomesStub,
  castAnswer,
  cloneStub,
  comesToStop,
  hasChild,
  linesOf,
  livesAsStub,
  makesCall,
  takesCalls,
  writeAnswer,
} from "./verbs.ts";

/** What kcmp(2) compares, by its types from 1: linux/kcmp.h. */
const KCMP = ["memory", "file table", "working folder"] as const;
type Things = Partial<Record<(typeof KCMP)[number], boolean>>;

/** Expects of each of these things whether a new task shares it with the stub that made it. */
function expectShared(judge: Judge, stub: Actor, task: number, things: Things): void {
  const told = (isShared: boolean) => (isShared ? "shared" : "its own");
  for (const [i, thing] of KCMP.entries()) {
    const { value } = judge.keeper.inject("kcmp", stub.pid, task, i + 1, 0, 0);
    const isShared = things[thing];
    // Not every kernel compares them.
    if (isShared === undefined || value === null) continue;
    judge.expect(`its ${thing}`, told(isShared), told(value === 0n));
  }
}

export const cloneRegisters: Pose = (draw) => {
  const signal = draw.one("SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGHUP", "SIGKILL");
  return {
    values: { signal },
    start: linesOf("clone", "0"),
    key: `${linesOf("clone", `CLONE_FILES|${signal}`)}${HOST.MARK} = 1\n${HOST.PARENT} = STUB`,
    play(judge, answer) {
      const stub = castAnswer(judge, answer, {}, { lane: "master" });
      const call = makesCall(judge, stub);
      judge.expect("the call that was executed", "clone", call.name);
      const child = hasChild(judge, stub, call, "grandchild");
      comesToStop(judge, child);
      const seen = judge.tracer.host.signalName(processFacts(child.pid)?.exitSignal ?? 0);
      judge.expect("its exit signal", signal, seen);
      expectShared(judge, stub, child.pid, { memory: false, "file table": true });
      becomesStub(judge, stub, child);
    },
  };
};

export const earlyAttach: Pose = (draw) => {
  const count = draw.number(1, 16);
  const spoilt = draw.one(HOST.PARENT, HOST.MARK, undefined);
  return {
    parts: spoilt === undefined ? [] : ["spoilt"],
    values: { count, register: inWords(spoilt === HOST.MARK ? "RBX" : "R15") },
    start: `${HOST.INSTRUCTION_POINTER} = ${inWords("SYSCALL")}`,
    key: `${HOST.INSTRUCTION_POINTER} = BEGIN\n${HOST.PARENT} = PARENT\n${HOST.MARK} = 1`,
    play(judge, answer) {
      const parent = judge.cast({ lane: "master", role: "the stub that has cloned it" });
      const child = cloneStub(judge, parent);
      go(child, count);
      if (spoilt !== undefined) write(child, { [spoilt]: 77n }, "The check spoils it.");
      writeAnswer(judge, child, answer);
      livesAsStub(judge, parent, child);
    },
  };
};

export const makeThread: Pose = (draw) => {
  const files = draw.one(true, false);
  const folders = draw.one(true, false);
  const given = draw.one("CLONE_THREAD", "CLONE_SIGHAND", "CLONE_VM");
  const shares = (does: boolean) => (does ? "shares" : "does not share");
  const extra = `${files ? "|CLONE_FILES" : ""}${folders ? "|CLONE_FS" : ""}`;
  return {
    values: { files: shares(files), folders: shares(folders) },
    start: `clone = ${given}`,
    key: `clone = CLONE_VM|CLONE_SIGHAND|CLONE_THREAD${extra}`,
    play(judge, answer) {
      const stub = judge.cast({ role: "the stub that executes your clone" });
      const frame = stub.frame("clone", answer.word("clone"));
      stub.setRegisters(frame, inWords("Your word is in RDI."));
      const call = makesCall(judge, stub);
      const tid = Number(call.result);
      const isThread = existsSync(`/proc/${stub.pid}/task/${tid}`);
      const expected = "a thread of the stub";
      const other = tid > 0 ? "a process" : call.told;
      judge.expect("the new task", expected, isThread ? expected : other);
      const thread = judge.adopt(stub.pid, tid, call, "thread", "the thread that it has made");
      judge.expect("the thread", RESTS, go(thread));
      takesCalls(judge, stub);
      expectShared(judge, stub, tid, { "file table": files, "working folder": folders });
    },
  };
};
