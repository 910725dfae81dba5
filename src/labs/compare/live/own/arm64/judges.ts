import type { Frames } from "../../frame.ts";
import { syscallJudge } from "../../frames.ts";
import type { Judge } from "../../judge.ts";
import { guestJudges } from "./guests.ts";
import { restartJudges } from "./restarts.ts";

export { SITES } from "./sites.ts";

export function ownJudges(frames: Frames): Judge[] {
  return [syscallJudge(frames), ...restartJudges(), ...guestJudges(frames)];
}
