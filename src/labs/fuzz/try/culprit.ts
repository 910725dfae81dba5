import { CorruptionError } from "../../../lib/errors.ts";
import type { Batch } from "../case/batch.ts";
import { formatCase } from "../case/case.ts";
import type { CaseTrier } from "./trial.ts";

/**
 * Calls `attempt`, which tries the first `count` cases of a batch. If it is corrupted, each of them is tried alone, until
 * floating point changes again. The first has the number `index`.
 *
 * @throws CorruptionError, which names the case; what `attempt` throws
 */
export function nameCulprit(
  attempt: () => void,
  trier: CaseTrier,
  batch: Batch,
  count: number,
  index: number,
): void {
  const first = corruptionBy(attempt);
  if (first === undefined) return;
  const { message, remedy = "" } = first;
  for (let i = 0; i < count; i++) {
    const again = corruptionBy(() => trier.run(batch, 1, i));
    if (again === undefined) continue;
    const document = JSON.stringify(formatCase(batch.at(i)));
    throw new CorruptionError(`case ${index + i}: ${again.message}: ${document}`, { remedy });
  }
  const range = `one of the cases ${index} to ${index + count - 1}`;
  throw new CorruptionError(`${range}: ${message}`, { remedy });
}

function corruptionBy(attempt: () => void): CorruptionError | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof CorruptionError) return error;
    throw error;
  }
}
