import type { Batch } from "./setups.ts";
import { AGREES } from "./signature.ts";

/** What of a run says whether an outcome is what it should be. */
export interface Judge {
  /**
   * What it says of setup `i` and its outcome: AGREES, UNPREDICTED, or a number from DIFFERS on that those share
   * whose outcomes differ in the same way.
   */
  judge(batch: Batch, i: number): number;
  /** The rule that says why the last case was not predicted. */
  readonly rule: string;
}

/** It has nothing to say. */
export class NoJudge implements Judge {
  readonly rule = "";

  judge(): number {
    return AGREES;
  }
}
