/* Cases that a kernel cannot be given: why, as the shim notes it in their outcomes. */

import { errnoName } from "../../../lib/errno.ts";
import type { Batch } from "../case/batch.ts";
import { numbersOf } from "../case/layout.ts";
import { OBSTACLE } from "../case/records.ts";
import { OUTCOME, outcomeAt } from "../case/setups.ts";

export const OBSTACLES = numbersOf(OBSTACLE);

/** An obstacle, and the errno with which the kernel shows it, such as "SYSEMU EIO". Journals and reports have it. */
export function obstacleKey(obstacle: number, errno: number): string {
  return [OBSTACLE.values[obstacle]?.[0] ?? obstacle, errnoName(errno)].join(" ");
}

/** "PTRACE_SYSEMU is refused: EIO" */
export function obstacleText(key: string): string {
  const [obstacle, errno] = key.split(" ");
  const about = OBSTACLE.values.find(([name]) => name === obstacle)?.[1] ?? obstacle;
  return `${about}: ${errno}`;
}

/** Why case `i` of a batch was not tried, as `obstacleKey` has it; undefined if it was. */
export function obstacleOf({ outcomes }: Batch, i: number): string | undefined {
  const at = outcomeAt(i);
  const obstacle = outcomes[at + OUTCOME.obstacle] ?? 0;
  return obstacle === OBSTACLES.NONE
    ? undefined
    : obstacleKey(obstacle, outcomes[at + OUTCOME.obstacleError] ?? 0);
}

/** Notes for cases of a batch that they were not tried. */
export function noteUntried(
  { outcomes }: Batch,
  first: number,
  end: number,
  obstacle: number,
  errno: number,
): void {
  for (let i = first; i < end; i++) {
    const at = outcomeAt(i);
    outcomes.fill(0, at, outcomeAt(i + 1));
    outcomes[at + OUTCOME.obstacle] = obstacle;
    outcomes[at + OUTCOME.obstacleError] = errno;
  }
}
