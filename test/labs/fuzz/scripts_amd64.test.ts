import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCase } from "../../../src/labs/fuzz/case/case.ts";
import { Examiner } from "../../../src/labs/fuzz/examiner.ts";

const scripts = suite("fuzz: what the kernel keeps from one step of a case to the next");

const examiner = new Examiner();
scripts.after(() => examiner.close());

/** What it shows, a case, and fields of its outcome. */
interface Row {
  readonly name: string;
  readonly case: object;
  readonly expected: Readonly<Record<string, string>>;
}

const ROWS: readonly Row[] = readFileSync("test/support/steps.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

for (const { name, case: document, expected } of ROWS) {
  scripts(name, () => {
    const it = parseCase({ schema: "stublab.case/1", ...document });
    const outcome = examiner.examine(it);
    assert.equal([outcome.it, outcome.differences], [it, []]);
    for (const [field, word] of Object.entries(expected))
      assert.is(outcome.seen.get(field), BigInt(word), field);
  });
}

scripts.run();
