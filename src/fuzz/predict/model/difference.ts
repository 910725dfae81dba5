import type { Batch } from "../../case/batch.ts";
import { fuzzModule } from "../../case/module.ts";
import { OUTCOME_SIZE } from "../../case/setups.ts";
import type { Prediction } from "./prediction.ts";

/** What assembly/fuzz/difference.ts is told to be known. */
const [KNOWS_ERROR, KNOWS_STATUS, KNOWS_INFO, KNOWS_ADDRESS] = [1, 2, 4, 8];

/** Whether what setup `i` of a batch came to is other than predicted. */
export function differs(it: Prediction, { outcomes, capacity }: Batch, i: number): boolean {
  if (i < 0 || i >= capacity) throw new RangeError(`there is no case ${i}`);
  const known =
    (it.errorKnown ? KNOWS_ERROR : 0) |
    (it.statusKnown ? KNOWS_STATUS : 0) |
    (it.infoKnown ? KNOWS_INFO : 0) |
    (it.addressKnown ? KNOWS_ADDRESS : 0);
  const seen = outcomes.byteOffset + i * OUTCOME_SIZE;
  const { outcome, writtenKnown, stoppedKnown, frameKnown } = it;
  return (
    fuzzModule().differs(
      outcome.byteOffset,
      seen,
      known,
      writtenKnown,
      stoppedKnown,
      frameKnown,
    ) === 1
  );
}
