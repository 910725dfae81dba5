/* What commands about a setup are given. */

import { existsSync } from "node:fs";
import type { Case } from "../labs/fuzz/case/case.ts";
import { CASE_LIMIT } from "../labs/fuzz/case/module.ts";
import { parseCaseText } from "../labs/fuzz/case/text.ts";
import { entriesOf } from "../labs/fuzz/log/entries.ts";
import type { Change } from "../labs/fuzz/predict/model.ts";
import { parsePlant } from "../labs/fuzz/predict/plant.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, readInput } from "../lib/input.ts";
import { inPlace } from "../lib/shape.ts";

const WHAT = `CASE is a file "stublab.case/1" (docs/fuzzing-cases.md), the folder of a finding, or - for standard input.`;

/** The exit status if this machine cannot be given a case. */
export const CANNOT = 3;

const DOCUMENT = "docs/fuzzing-cases.md describes the format; examples/cases has examples";

/** The file name of the case in the folder of a finding. */
export const CASE_NAME = "case.json";

/** The document of a case or a walk, and the name of the input that has it. */
export interface Named {
  readonly name: string;
  readonly content: Buffer;
  readonly isWalk: boolean;
}

/** The documents that a command line names: one, or those in a log of the probe. @throws InputError */
export function readDocuments(path: string): readonly Named[] {
  const found = `${path}/${CASE_NAME}`;
  const file = path === "-" ? 0 : existsSync(found) ? found : path;
  const content = readInput(file, CASE_LIMIT, WHAT);
  const name = inputName(file);
  const text = content.toString();
  const logged = text.trimStart().startsWith("{") ? [] : [...entriesOf(text)];
  const own = logged.flatMap((entry) =>
    entry.is === "case" || entry.is === "walk"
      ? [{ name, content: Buffer.from(entry.text), isWalk: entry.is === "walk" }]
      : [],
  );
  const isWalk = /"stublab\.(walk|case)\//.exec(text)?.[1] === "walk";
  return own.length > 0 ? own : [{ name, content, isWalk }];
}

/** The only one. @throws InputError if there are several */
export function readDocument(path: string): Named {
  const [document, ...more] = readDocuments(path);
  if (document !== undefined && more.length === 0) return document;
  throw new InputError(`the log has ${more.length + 1} cases and walks`, {
    remedy: "`stublab fuzz replay` takes all of them",
  });
}

/** The case of a document. @throws InputError */
export const caseIn = ({ name, content }: Named): Case =>
  inPlace(name, () => parseCaseText(content), DOCUMENT);

/** The case that a command line names. @throws InputError */
export const readCase = (path: string): Case => caseIn(readDocument(path));

/** The bug that an option plants in the model. @throws InputError */
export const planted = (text: string | undefined): Change | undefined =>
  text === undefined ? undefined : parsePlant(text);
