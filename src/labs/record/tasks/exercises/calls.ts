import { NAMES } from "../../arch.ts";
import { resultOf } from "../go.ts";
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
    values: { errno, number: NAMES.NUMBER, arguments: NAMES.ARGUMENTS },
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
