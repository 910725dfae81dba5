import { type Judge, undecided } from "../../judge.ts";

/** The functions about restarts, which are not judged: no register shows the kernel a call to restart. */
export function restartJudges(): Judge[] {
  const names = ["restartsSyscall", "restartSyscall"] as const;
  return names.map((name) => ({
    name,
    asked: "nothing",
    judge: () =>
      undecided("on arm64 the kernel restarts only a call that a signal has interrupted"),
  }));
}
