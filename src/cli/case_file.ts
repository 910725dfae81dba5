import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { type Case, parseCase } from "../fuzz/case.ts";
import { UsageError } from "./command.ts";

/** What a command that takes a case says about it. */
export const CASE_HELP = `CASE is a file "stublab.case/1" (docs/fuzzing-cases.md), the folder of a finding, or - for standard input.`;

const DOCUMENT = "docs/fuzzing-cases.md has the document, and examples/cases has some";

/** How much is read: a case has some hundred bytes. */
const MOST_BYTES = 1 << 20;

/**
 * The one case that a command was given.
 *
 * @throws UsageError where it was given none, or more; InputError where it is none.
 */
export function readCase(
  command: string,
  [path, extra]: readonly string[],
  constants: ReadonlyMap<string, bigint>,
): Case {
  if (path === undefined || extra !== undefined) {
    throw new UsageError(`${command} takes one case`, { remedy: CASE_HELP });
  }
  const file = path === "-" ? 0 : fileOf(path);
  try {
    return parseCase(parse(read(file)), constants);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { message, remedy = DOCUMENT } = error;
    throw new InputError(`${file === 0 ? "standard input" : file}: ${message}`, {
      cause: error,
      remedy,
    });
  }
}

function read(file: string | 0): string {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (cause) {
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
    throw new InputError(`it cannot be read: ${why}`, { cause, remedy: CASE_HELP });
  }
  if (content.length > MOST_BYTES) {
    throw new InputError(`it has ${content.length} bytes, and a case has some hundred`);
  }
  return content.toString("utf8");
}

function fileOf(path: string): string {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  return isFolder ? join(path, "case.json") : path;
}

function parse(text: string): unknown {
  if (text.trim() === "") throw new InputError("it is empty");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`it is no JSON: ${why.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 120)}`, {
      cause,
    });
  }
}
