/* What commands about a setup are given. */

import { statSync } from "node:fs";
import { type Case, parseCase } from "../labs/fuzz/case/case.ts";
import type { Change } from "../labs/fuzz/predict/model.ts";
import { parsePlant } from "../labs/fuzz/predict/plant.ts";
import { InputError } from "../lib/errors.ts";
import { Folder } from "../lib/folder.ts";
import { inputName, type Limit, readInput } from "../lib/input.ts";
import { parseJson } from "../lib/shape.ts";

const WHAT = `CASE is a file "stublab.case/1" (docs/fuzzing-cases.md), the folder of a finding, or - for standard input.`;

/** The exit status if this machine cannot be given a case. */
export const CANNOT = 3;

/** A case has a few hundred bytes. */
const CASE_LIMIT: Limit = { most: 1 << 20, of: "a case" };

const DOCUMENT = "docs/fuzzing-cases.md describes the format; examples/cases has examples";

/** The file name of the case in the folder of a finding. */
export const CASE_NAME = "case.json";

/** The case that a command line names. @throws InputError */
export function readCase(path: string): Case {
  const [name, content] = isFolder(path) ? readFinding(path) : readFile(path === "-" ? 0 : path);
  try {
    if (content.toString("latin1").trim() === "") throw new InputError("the document is empty");
    return parseCase(parseJson(content));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { message, remedy = DOCUMENT } = error;
    throw new InputError(`${name}: ${message}`, { cause: error, remedy });
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // readInput reports the error.
    return false;
  }
}

function readFile(file: string | 0): [name: string, content: Buffer] {
  return [inputName(file), readInput(file, CASE_LIMIT, WHAT)];
}

function readFinding(path: string): [name: string, content: Buffer] {
  using folder = Folder.openToRead(path);
  const content = folder.read(CASE_NAME, CASE_LIMIT);
  if (content !== undefined) return [inputName(`${path}/${CASE_NAME}`), content];
  const why = `is not the folder of a finding: ${CASE_NAME} is missing`;
  throw new InputError(`${inputName(path)} ${why}`, { remedy: WHAT });
}

/** The bug that an option plants in the model. @throws InputError */
export const planted = (text: string | undefined): Change | undefined =>
  text === undefined ? undefined : parsePlant(text);
