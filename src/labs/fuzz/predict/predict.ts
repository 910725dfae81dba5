/* What the model says about a single case. */

import { checkOptions, type OptionShapes } from "../../../lib/shape.ts";
import { type Case, expectCase } from "../case/case.ts";
import { Engine } from "../engine.ts";
import { deviationsOf, MODEL_SHAPES, type ModelOptions } from "../known/arch.ts";
import { type Machine, machineShape } from "../machine.ts";
import { Model } from "./model.ts";
import { type CasePrediction, predictionOf } from "./prediction.ts";

export interface PredictOptions extends ModelOptions {
  /**
   * The machine to predict for, such as that of a result or an Examiner. Default: this machine, which a stub shows, so
   * this machine must be able to trace. With a machine given, predictions need no tracing.
   */
  readonly machine?: Machine | undefined;
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
  const { machine = readThisMachine(), change, known } = options;
  return predictionOf(it, new Model(machine, change, deviationsOf(known)));
}

const SHAPES: OptionShapes<PredictOptions> = {
  machine: machineShape,
  ...MODEL_SHAPES,
};

/** @throws UnsupportedError if cases cannot be tried here */
export function readThisMachine(): Machine {
  using engine = new Engine();
  return engine.machine;
}
