import { hex } from "../../../../lib/errors.ts";
import type { Actor } from "../../actor.ts";
import { enterCall, meet, resultOf } from "../go.ts";
import type { Judge } from "../judge.ts";
import { RESTS } from "../run.ts";
import type { Task } from "../task.ts";
import { castAnswer } from "./verbs.ts";

const CODES = ["ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"] as const;

/** Expects that RAX asks for a restart. */
function expectRax(judge: Judge, stub: Actor, code: string, when: string, meaning: string): void {
  const expected = `${-judge.tracer.flag(code)}`;
  judge.expect(`RAX${when}`, expected, `${resultOf(stub).result}`, meaning);
}

export const forcedRestart: Task = {
  lesson: "stale-orig-rax",
  points: 4,
  exercise(draw) {
    const code = draw.one(...CODES);
    const wanted = draw.one("getpid", "getppid", "gettid", "getpgrp");
    const call = code === "ERESTART_RESTARTBLOCK" ? "restart_syscall" : wanted;
    return {
      values: { call, code },
      form: "registers",
      start: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = -1`,
      key: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = SYS_${wanted}`,
      play(judge, answer) {
        const stub = castAnswer(judge, answer);
        const after = hex(judge.tracer.selfStopAddress);
        const early = "without a restart, RIP must not lead to the SYSCALL";
        judge.expect("RIP, as written", after, hex(stub.rip), early);
        const other = "another result does not ask for this restart";
        expectRax(judge, stub, code, ", as written", other);
        const entered = enterCall(stub, "The stub is resumed, up to its next system call.");
        const meaning =
          entered === undefined
            ? "the kernel has not moved RIP back by two bytes"
            : "orig_rax selects the call that is restarted";
        judge.expect("the system call that it enters", call, entered ?? "none", meaning);
      },
    };
  },
};

export const noRestart: Task = {
  lesson: "stale-orig-rax",
  points: 4,
  exercise(draw) {
    const code = draw.one(...CODES);
    const stale = draw.one("kill", "getpid", "wait4", "read", "pause");
    return {
      values: { code },
      form: "registers",
      start: `rax = -${code}\nrip = TRAP\norig_rax = SYS_${stale}`,
      key: `rax = -${code}\nrip = TRAP\norig_rax = -1`,
      play(judge, answer) {
        const TRAP = judge.tracer.restAddress - 1n;
        const stub = castAnswer(judge, answer, { TRAP });
        judge.expect("RIP, as written", hex(TRAP), hex(stub.rip), "RIP must be at the INT3");
        judge.require("the stub", RESTS, meet(stub).how, "it does not come to its INT3");
        const restarted = "the kernel has restarted a call, and RAX is its number";
        expectRax(judge, stub, code, " at the INT3", restarted);
      },
    };
  },
};
