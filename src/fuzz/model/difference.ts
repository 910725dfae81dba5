import type { Batch } from "../batch.ts";
import { OUTCOME, outcomeAt } from "../setups.ts";
import type { Prediction } from "./prediction.ts";

/** Whether what a setup came to is other than predicted. */
export function differs(it: Prediction, { outcomes }: Pick<Batch, "outcomes">, i: number): boolean {
  const at = outcomeAt(i);
  const { outcome } = it;
  if (it.errorKnown) {
    if (outcome[OUTCOME.error] !== outcomes[at + OUTCOME.error]) return true;
    if (outcome[OUTCOME.refusedAt] !== outcomes[at + OUTCOME.refusedAt]) return true;
  }
  if (it.statusKnown) {
    if (outcome[OUTCOME.resumed] !== outcomes[at + OUTCOME.resumed]) return true;
    if (outcome[OUTCOME.status] !== outcomes[at + OUTCOME.status]) return true;
  }
  if (it.infoKnown) {
    if (outcome[OUTCOME.signal] !== outcomes[at + OUTCOME.signal]) return true;
    if (outcome[OUTCOME.signal] !== 0 && outcome[OUTCOME.code] !== outcomes[at + OUTCOME.code])
      return true;
    if (it.addressKnown && wordDiffers(outcome, outcomes, at, OUTCOME.address)) return true;
  }
  return (
    registersDiffer(it.writtenKnown, outcome, outcomes, at, OUTCOME.written) ||
    registersDiffer(it.stoppedKnown, outcome, outcomes, at, OUTCOME.stopped) ||
    registersDiffer(it.frameKnown, outcome, outcomes, at, OUTCOME.frame)
  );
}

function wordDiffers(predicted: Uint32Array, seen: Uint32Array, at: number, half: number): boolean {
  return predicted[half] !== seen[at + half] || predicted[half + 1] !== seen[at + half + 1];
}

function registersDiffer(
  known: number,
  predicted: Uint32Array,
  seen: Uint32Array,
  at: number,
  begin: number,
): boolean {
  for (let mask = known, half = begin; mask !== 0; mask >>>= 1, half += 2) {
    if ((mask & 1) !== 0 && wordDiffers(predicted, seen, at, half)) return true;
  }
  return false;
}
