import { readFileSync } from "node:fs";

/** The documents of test/PATH.jsonl, one a line. */
export const jsonLines = <T>(path: string): T[] =>
  readFileSync(`test/${path}.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
