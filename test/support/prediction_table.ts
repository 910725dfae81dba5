// What is predicted for a case: the page of registers and a program bundle it for either architecture.

import { machineNamed } from "../../src/cli/machines.ts";
import { parseCase } from "../../src/labs/fuzz/case/text.ts";
import { Model } from "../../src/labs/fuzz/predict/model.ts";
import { predictionOf } from "../../src/labs/fuzz/predict/prediction.ts";
import { predictionTable } from "../../src/labs/fuzz/tell/told.ts";

/** The document that `stublab predict --json --machine` prints. */
export function predictionText(document: unknown, name: string): string {
  const machine = machineNamed(name);
  const prediction = predictionOf(parseCase(document), new Model(machine));
  return JSON.stringify(predictionTable(prediction, machine));
}
