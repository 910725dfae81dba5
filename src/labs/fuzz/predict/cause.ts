/* The causes of a contradiction, which the module finds (assembly/fuzz/cause.ts), of an outcome by its fields. */

import { Batch } from "../case/batch.ts";
import { type Case, type Step, stepsOf } from "../case/case.ts";
import { type Fields, KNOWS, namesOfPart, PARTS, writeFields } from "../case/fields.ts";
import { fuzzModule } from "../case/module.ts";
import type { Causes, Model } from "./model.ts";

export const NO_CAUSES: Causes = { rules: [], features: [], alterations: [] };

/** Bytes of Known in assembly/model/prediction.ts. */
const KNOWN_SIZE = 20;
/** The last bit of a set stands for this word and all after it. */
const LAST_BIT = 31;

/** @param outcomes the fields of the steps of a case that are compared; a step that lacks them is not */
export function causesOf(it: Case, outcomes: readonly Fields[], model: Model): Causes {
  const steps = stepsOf(it);
  const module = fuzzModule();
  const size = KNOWN_SIZE * steps.length;
  using batch = new Batch(steps.length);
  batch.put([it]);
  const at = module.reserve(size);
  const compared = new Uint32Array(module.buffer, at, size / 4);
  for (const [i, step] of steps.entries()) {
    const fields = outcomes[i] ?? new Map();
    writeFields(step, fields, batch, i);
    compared.set(knownOf(step, fields), (i * KNOWN_SIZE) / 4);
  }
  const causes = model.findCauses(batch, steps.length - 1, at);
  module.release(at, size);
  return causes;
}

/** Which fields there are: Known. */
function knownOf(it: Step, fields: Fields): number[] {
  const bit = (name: string, knows: number) => (fields.has(name) ? knows : 0);
  const halves = [bit("error", KNOWS.ERROR), bit("resumed", KNOWS.STATUS)];
  const info = [bit("signal", KNOWS.INFO), bit("address", KNOWS.ADDRESS)];
  const sets = PARTS.map((part) => {
    const missing = namesOfPart(it, part).flatMap((name, k) =>
      fields.has(name) ? [] : [Math.min(k, LAST_BIT)],
    );
    return missing.reduce((set, k) => set & ~(1 << k), -1);
  });
  return [[...halves, ...info].reduce((set, it) => set | it, 0), ...sets, 0];
}
