/* What commands about a setup are given. */

import { existsSync } from "node:fs";
import type { Case } from "../labs/fuzz/case/case.ts";
import { CASE_LIMIT } from "../labs/fuzz/case/module.ts";
import { parseCaseText } from "../labs/fuzz/case/text.ts";
import type { Change } from "../labs/fuzz/predict/model.ts";
import { parsePlant } from "../labs/fuzz/predict/plant.ts";
import { inputName, readInput } from "../lib/input.ts";
import { inPlace } from "../lib/shape.ts";

const WHAT = `CASE is a file "stublab.case/1" (docs/fuzzing-cases.md), the folder of a finding, or - for standard input.`;

/** The exit status if this machine cannot be given a case. */
export const CANNOT = 3;

const DOCUMENT = "docs/fuzzing-cases.md describes the format; examples/cases has examples";

/** The file name of the case in the folder of a finding. */
export const CASE_NAME = "case.json";

/** The case that a command line names. @throws InputError */
export function readCase(path: string): Case {
  const found = `${path}/${CASE_NAME}`;
  const file = path === "-" ? 0 : existsSync(found) ? found : path;
  const content = readInput(file, CASE_LIMIT, WHAT);
  return inPlace(inputName(file), () => parseCaseText(content), DOCUMENT);
}

/** The bug that an option plants in the model. @throws InputError */
export const planted = (text: string | undefined): Change | undefined =>
  text === undefined ? undefined : parsePlant(text);
