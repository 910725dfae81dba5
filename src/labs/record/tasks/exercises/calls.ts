import { hex } from "../../../../lib/errors.ts";
import type { Actor } from "../../actor.ts";
import { enterCall, meet, RESTS, resultOf } from "../go.ts";
import type { Judge } from "../judge.ts";
import type { Pose } from "../task.ts";
import { castAnswer, linesOf, makesCall, takesCalls } from "./verbs.ts";

/** For each errno a call that fails with it. */
const FAILURES = {
  ECHILD: linesOf("wait4", "-1"),
  EBADF: linesOf("close", "1000"),
  ESRCH: linesOf("kill", "0x3fffffff", "SIGCONT"),
  EINVAL: linesOf("munmap", "1", "4096"),
  EFAULT: linesOf("uname", "8"),
  ENOMEM: linesOf(
    ...["mmap", "0", "0x10000000000", "PROT_READ|PROT_WRITE"],
    ...["MAP_PRIVATE|MAP_ANONYMOUS", "-1"],
  ),
} as const;

export const failingCall: Pose = (draw) => {
  const errno = draw.one("ECHILD", "EBADF", "ESRCH", "EINVAL", "EFAULT", "ENOMEM");
  return {
    parts: [errno],
    values: { errno },
    start: linesOf("getpid"),
    key: FAILURES[errno],
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
