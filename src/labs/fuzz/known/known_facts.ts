/* Facts that are known not to hold: those of a list, or of a file. */

import { InputError } from "../../../lib/errors.ts";
import { readInput } from "../../../lib/input.ts";
import { allFacts } from "../facts/arch.ts";
import { REST } from "../facts/fact.ts";
import type { KnownFacts } from "../facts/run.ts";
import { nameOfCheck } from "../facts/verdict.ts";
import { isListed, KNOWN, LISTS } from "./arch.ts";

/** Takes the name of a list, or a file. @throws InputError */
export function knownFacts(nameOrFile: string): KnownFacts {
  if (!isListed(nameOrFile)) return readFacts(nameOrFile);
  return { name: nameOrFile, facts: LISTS[nameOrFile].facts, list: nameOrFile };
}

const LIMIT = { most: 1 << 20, of: "a list of facts" };

/** One fact, or check, a line; lines that begin with "#" are comments. */
function readFacts(file: string): KnownFacts {
  const remedy = `--known takes a file with names of facts, or one of ${KNOWN.join(", ")}`;
  const lines = readInput(file, LIMIT, remedy).toString().split("\n");
  const facts = lines.map((line) => line.trim()).filter((line) => !/^(#|$)/.test(line));
  const unknown = facts.find((fact) => !isNamed(fact));
  if (unknown === undefined) return { name: file, facts };
  throw new InputError(`--known: ${file}: there is no fact "${unknown}"`, {
    remedy: "stublab conformance --list lists all facts",
  });
}

/** Whether there is such a fact, or a check of one. */
function isNamed(text: string): boolean {
  return allFacts().some(({ name, checks }) =>
    ["", REST, ...checks.map((check) => check.name)].some((it) => text === nameOfCheck(name, it)),
  );
}
