import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exchangesIn, isAsTold, runSession } from "../../support/console.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const told = suite("omissions in a document");

told("match any text in a line, and any lines", () => {
  assert.ok(isAsTold("took 3 s  \n", "took … s\n"));
  assert.ok(isAsTold("a\nb\nc\nd\n", "a\n…\nd\n"));
  assert.ok(isAsTold("a\nd\n", "a\n…\nd\n"));
  assert.not(isAsTold("a\nb\n", "a\n"));
  assert.not(isAsTold("a.c\n", "a?c\n"));
});

const tutorial = suite("docs/fuzzing-tutorial.md");
const exchanges = exchangesIn(readFileSync("docs/fuzzing-tutorial.md", "utf8"));
let printed: string[] = [];

tutorial.before(() => {
  printed = runSession(exchanges, temporaryFolder());
});

for (const [i, { command, output }] of exchanges.entries()) {
  tutorial(`prints the documented output: ${command}`, () => {
    const seen = printed[i] ?? "nothing, as it did not run";
    if (!isAsTold(seen, output)) assert.is(seen, output);
  });
}

told.run();
tutorial.run();
