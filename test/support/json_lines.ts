import { readFileSync } from "node:fs";

/** The documents of a file of this folder, one a line. */
export const jsonLines = <T>(name: string): T[] =>
  readFileSync(`test/support/${name}.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
