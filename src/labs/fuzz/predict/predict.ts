/* What the model says about a single case. */

import { checkOptions, type OptionShapes } from "../../../lib/shape.ts";
import { type Case, expectCase } from "../case/case.ts";
import { Engine } from "../engine.ts";
import { deviationsOf, type KnownName, knownShape } from "../known/arch.ts";
import { type Machine, machineShape } from "../machine.ts";
import { type Change, Model } from "./model.ts";
import { changeShape } from "./plant.ts";
import { type CasePrediction, predictionOf } from "./prediction.ts";

export interface PredictOptions {
  /**
   * The machine to predict for, such as that of a result or an Examiner. Default: this machine, which a stub shows, so
   * this machine must be able to trace. With a machine given, predictions need no tracing.
   */
  readonly machine?: Machine | undefined;
  /** A rule of the model to remove or alter. */
  readonly change?: Change | undefined;
  /** Deviations of an emulator that are predicted, too. */
  readonly known?: KnownName | undefined;
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
  change: changeShape,
  known: knownShape,
};

/** @throws UnsupportedError if cases cannot be tried here */
export function readThisMachine(): Machine {
  using engine = new Engine();
  return engine.machine;
}
