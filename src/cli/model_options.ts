import { knownList } from "../labs/fuzz/known/arch.ts";
import { parsePlant } from "../labs/fuzz/predict/plant.ts";

/** What commands that predict take: a planted bug, and a list of known deviations. */
export const MODEL_OPTIONS = { plant: { type: "string" }, known: { type: "string" } } as const;

interface Given {
  readonly plant?: string | undefined;
  readonly known?: string | undefined;
}

/** @throws InputError */
export function modelOf({ plant, known }: Given) {
  return {
    change: plant === undefined ? undefined : parsePlant(plant),
    known: known === undefined ? undefined : knownList(known),
  };
}
