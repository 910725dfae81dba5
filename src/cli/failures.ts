import { tellFact } from "../record/fact.ts";
import type { Recording } from "../record/recording.ts";
import { visible } from "../visible.ts";

/** A line for each fact that does not hold. */
export function failures({ end }: Pick<Recording, "end">): string[] {
  return end.filter(({ held }) => !held).map((fact) => `FAIL ${visible(tellFact(fact))}\n`);
}
