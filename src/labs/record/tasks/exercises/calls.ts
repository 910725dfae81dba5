import { hex } from "../../../../lib/errors.ts";
import { rowsOf } from "../../../../lib/rows.ts";
import { list, record, text } from "../../../../lib/shape.ts";
import type { Actor } from "../../actor.ts";
import { enterCall, meet, RESTS, resultOf } from "../go.ts";
import type { Judge } from "../judge.ts";
import type { Pose } from "../task.ts";
import LINES from "./failures.jsonl";
import { castAnswer, linesOf, makesCall, takesCalls } from "./verbs.ts";

/** For each errno a call that fails with it. */
const FAILURES = rowsOf(LINES, record({ errno: text, call: text, arguments: list(text, 6) }));

export const failingCall: Pose = (draw) => {
  const failure = FAILURES[draw.number(0, FAILURES.length - 1)];
  const { errno = "", call = "", arguments: args = [] } = failure ?? {};
  return {
    parts: [errno],
    values: { errno },
    start: linesOf("getpid"),
    key: linesOf(call, ...args),
    play(judge, answer) {
      const stub = castAnswer(judge, answer);
      const { name, result, told } = makesCall(judge, stub);
      const other = `${name} does not fail with ${errno} here`;
      judge.expect("the result of the call", `-${errno}`, told, other);
      judge.expect("RAX", `${result}`, `${resultOf(stub).result}`);
      takesCalls(judge, stub);
    },
  };
};

const CODES = ["ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"] as const;

/** Expects that RAX asks for a restart. */
function expectRax(judge: Judge, stub: Actor, code: string, when: string): void {
  judge.expect(`RAX${when}`, `${-judge.tracer.host.flag(code)}`, `${resultOf(stub).result}`);
}

export const forcedRestart: Pose = (draw) => {
  const code = draw.one(...CODES);
  const wanted = draw.one("getpid", "getppid", "gettid", "getpgrp");
  const call = code === "ERESTART_RESTARTBLOCK" ? "restart_syscall" : wanted;
  return {
    values: { call, code },
    start: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = -1`,
    key: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = SYS_${wanted}`,
    play(judge, answer) {
      const stub = castAnswer(judge, answer);
      const after = hex(judge.tracer.host.selfStopAddress);
      judge.expect("RIP, as written", after, hex(stub.rip));
      expectRax(judge, stub, code, ", as written");
      const entered = enterCall(stub, "The stub is resumed, up to its next system call.");
      judge.expect("the system call that it enters", call, entered ?? "none");
    },
  };
};

export const noRestart: Pose = (draw) => {
  const code = draw.one(...CODES);
  const stale = draw.one("kill", "getpid", "wait4", "read", "pause");
  return {
    values: { code },
    start: `rax = -${code}\nrip = TRAP\norig_rax = SYS_${stale}`,
    key: `rax = -${code}\nrip = TRAP\norig_rax = -1`,
    play(judge, answer) {
      const TRAP = judge.tracer.host.restAddress - 1n;
      const stub = castAnswer(judge, answer, { TRAP });
      judge.expect("RIP, as written", hex(TRAP), hex(stub.rip));
      judge.expect("the stub", RESTS, meet(stub).how);
      expectRax(judge, stub, code, " at the INT3");
    },
  };
};
