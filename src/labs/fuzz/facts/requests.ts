/*
 * Facts about requests are data: lines of requests.jsonl, and of that of an architecture, that begin a fact, and then its
 * checks. The probe takes the steps of their scripts (shim/probe/facts/requests.c).
 */

import type { ProbedArch } from "../../../core/machine/index.ts";
import { InputError } from "../../../lib/errors.ts";
import { list, optional, parseJson, record, table, text } from "../../../lib/shape.ts";
import { OWN } from "./requests/arch.ts";
import COMMON from "./requests.jsonl";

const rowShape = record({
  /** Its name, with $0 and $1; a line without it is done for all checks after it. */
  check: optional(text),
  /** The only architecture of the line. */
  arch: optional(text),
  /** What $0 and $1 stand for, a check each: words with "|" between them; of "NAME=WORD" the name has the first part. */
  each: optional(list(text, 2)),
  do: text,
});
const factShape = record({ fact: text, group: text, source: text });
/** The first line of a file: what {name} stands for in texts of the other lines. */
const wordsShape = record({ words: table(text, 64) });

interface RequestFact extends ReturnType<typeof factShape> {
  readonly rows: ReturnType<typeof rowShape>[];
}

export function requestFacts(arch: ProbedArch): readonly RequestFact[] {
  const files = [COMMON, OWN[arch]].map((file) => file.trimEnd().split("\n"));
  const words = new Map(
    files.flatMap(([first = ""]) => Object.entries(wordsShape(parseJson(first), "words").words)),
  );
  const facts: RequestFact[] = [];
  for (const line of files.flatMap(([, ...lines]) => lines)) {
    const document = parseJson(withWords(line, words));
    if (Object.hasOwn(Object(document), "fact")) {
      facts.push({ ...factShape(document, line), rows: [] });
      continue;
    }
    const row = rowShape(document, line);
    if (row.arch === undefined || row.arch === arch)
      facts.at(-1)?.rows.push({ ...row, each: row.each?.map(withRanges) });
  }
  return facts;
}

/** Words may have words. */
function withWords(text: string, words: ReadonlyMap<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const word = words.get(name);
    if (word === undefined) throw new InputError(`{${name}} stands for nothing: ${text}`);
    return withWords(word, words);
  });
}

/** "0..16/8" is "0|8|16". */
const withRanges = (words: string): string =>
  words.replace(/(\d+)\.\.(\d+)(?:\/(\d+))?/g, (_, first, last, step = "1") =>
    Array.from({ length: (last - first) / step + 1 }, (_, i) => Number(first) + i * step).join("|"),
  );
