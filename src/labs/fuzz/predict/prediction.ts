/* What a model predicts for a case: without tracing, so also in a page. */

import { Batch } from "../case/batch.ts";
import type { Case, Step } from "../case/case.ts";
import { type Fields, fieldsOf } from "../case/fields.ts";
import type { AppliedRule, Model } from "./model.ts";

/** The predicted outcome of a step. */
export interface StepPrediction {
  readonly it: Step;
  /** The predicted fields; the others are not predicted. */
  readonly predicted: Fields;
  /** The id of the rule why the stop is not predicted; null if it is. */
  readonly unpredicted: string | null;
}

/** The predicted outcome of a case: of its last step, and of those before. */
export interface CasePrediction extends StepPrediction {
  readonly it: Case;
  readonly before: readonly StepPrediction[];
  /** The rules that the prediction comes from, in the order in which they were applied. */
  readonly rules: readonly AppliedRule[];
}

/** What a model predicts for a case. */
export function predictionOf(it: Case, model: Model): CasePrediction {
  const { before = [] } = it;
  using batch = new Batch(before.length + 1);
  batch.put([it]);
  const predictionAt = (step: Step, i: number): StepPrediction => {
    const prediction = model.predict(batch, i);
    const predicted = fieldsOf(step, prediction.outcome, prediction);
    return { it: step, predicted, unpredicted: prediction.unpredicted };
  };
  const steps = before.map(predictionAt);
  const rules = model.explain(batch, before.length);
  return { ...predictionAt(it, before.length), it, before: steps, rules };
}
