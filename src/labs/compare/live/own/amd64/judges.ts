import type { Frames } from "../../frame.ts";
import type { Judge } from "../../judge.ts";
import type { Tracee, TraceeSlot } from "../../tracee.ts";
import { guestJudges } from "./guests.ts";
import { restartJudges } from "./restarts.ts";
import { prepareVsyscalls, vsyscallJudge } from "./vsyscall.ts";

export { SITES } from "./sites.ts";

export function ownJudges(
  frames: Frames,
  slot: (prepare?: (tracee: Tracee) => Tracee) => TraceeSlot,
): Judge[] {
  return [
    ...restartJudges(frames),
    ...guestJudges(frames),
    vsyscallJudge(slot(prepareVsyscalls), frames),
  ];
}
