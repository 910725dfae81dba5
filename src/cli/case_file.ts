import { statSync } from "node:fs";
import { type Case, parseCase } from "../labs/fuzz/case/case.ts";
import { InputError } from "../lib/errors.ts";
import { Folder } from "../lib/folder.ts";
import { inputName, type Limit, readInput } from "../lib/input.ts";
import { parseJson } from "../lib/shape.ts";
import { UsageError } from "./command.ts";

/** The text about cases in the help of commands that take one. */
export const CASE_HELP = `CASE is a file "stublab.case/1" (docs/fuzzing-cases.md), the folder of a finding, or - for standard input.`;

/** A case has a few hundred bytes. */
const CASE_LIMIT: Limit = { most: 1 << 20, of: "a case" };

const DOCUMENT = "docs/fuzzing-cases.md describes the format; examples/cases has examples";

/** The file name of the case in the folder of a finding. */
export const CASE_NAME = "case.json";

/**
 * Returns the case that a command line names.
 *
 * @throws UsageError unless it names exactly one file; InputError if the file is not a case.
 */
export function readCase(command: string, [path, extra]: readonly string[]): Case {
  if (path === undefined || extra !== undefined) {
    throw new UsageError(`${command} takes exactly one case`, { remedy: CASE_HELP });
  }
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
  return [inputName(file), readInput(file, CASE_LIMIT, CASE_HELP)];
}

function readFinding(path: string): [name: string, content: Buffer] {
  using folder = Folder.openToRead(path);
  const content = folder.read(CASE_NAME, CASE_LIMIT);
  if (content !== undefined) return [inputName(`${path}/${CASE_NAME}`), content];
  throw new InputError(
    `${inputName(path)} is not the folder of a finding: ${CASE_NAME} is missing`,
    {
      remedy: CASE_HELP,
    },
  );
}
