import { CorruptionError } from "../../errors.ts";
import type { Batch } from "../case/batch.ts";
import { formatCase } from "../case/case.ts";
import type { Trier } from "./trial.ts";

/**
 * Calls `attempt`, which tries the first `count` cases of a batch. The first has the number `index`.
 *
 * @throws CorruptionError, which names the case; what `attempt` throws
 */
export function nameCulprit(
  attempt: () => void,
  trier: Trier,
  batch: Batch,
  count: number,
  index: number,
): void {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    throw named(error, trier, batch, count, index);
  }
}

/** Tries each of the cases alone, until floating point changes again. */
function named(
  { message, remedy = "" }: CorruptionError,
  trier: Trier,
  batch: Batch,
  count: number,
  index: number,
): CorruptionError {
  for (let i = 0; i < count; i++) {
    try {
      trier.run(batch, 1, i);
    } catch (again) {
      if (!(again instanceof CorruptionError)) throw again;
      const document = JSON.stringify(formatCase(batch.at(i)));
      return new CorruptionError(`case ${index + i}: ${again.message}: ${document}`, { remedy });
    }
  }
  const range = `one of the cases ${index} to ${index + count - 1}`;
  return new CorruptionError(`${range}: ${message}`, { remedy });
}
