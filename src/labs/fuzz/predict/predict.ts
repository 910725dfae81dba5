/* What the model says about a single case. */

import { checkOptions, type OptionShapes } from "../../../lib/shape.ts";
import { Batch } from "../case/batch.ts";
import { type Case, expectCase, type Step } from "../case/case.ts";
import { type Fields, fieldsOf } from "../case/fields.ts";
import { Engine } from "../engine.ts";
import { type Machine, machineShape } from "../machine.ts";
import { type AppliedRule, type Change, Model } from "./model.ts";
import { changeShape } from "./plant.ts";

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

export interface PredictOptions {
  /**
   * The machine to predict for, such as that of a result or an Examiner. Default: this machine, which a stub shows, so
   * this machine must be able to trace. With a machine given, predictions need no tracing.
   */
  readonly machine?: Machine | undefined;
  /** A rule of the model to remove or alter. */
  readonly change?: Change | undefined;
}

/**
 * Predicts what the kernel and the processor do with a case. Nothing is tried.
 *
 * @throws InputError; without `machine`, what creating a stub throws
 *
 * @example
 * const { predicted } = predict(parseCase({ schema: "stublab.case/1", registers: { cs: "0x10" } }));
 * predicted.get("error"); // 5n: EIO
 */
export function predict(it: Case, options: PredictOptions = {}): CasePrediction {
  expectCase(it);
  checkOptions(options, "options", SHAPES);
  const { machine = readThisMachine(), change } = options;
  return predictionOf(it, new Model(machine, change));
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

const SHAPES: OptionShapes<PredictOptions> = { machine: machineShape, change: changeShape };

/** @throws UnsupportedError if cases cannot be tried here */
export function readThisMachine(): Machine {
  using engine = new Engine();
  return engine.machine;
}
