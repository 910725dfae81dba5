import { readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRules } from "../src/fuzz/predict/document.ts";
import { rules, ruleText } from "../src/fuzz/predict/rules.ts";

const DOCUMENT = "docs/model.md";

const documenting = suite("fuzz: the model's document");

documenting("its tables are those of the rules; `npm run docs:model` makes them anew", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  const right = withRules(document);
  if (process.env.WRITE_DOCUMENTS) writeFileSync(DOCUMENT, right);
  else assert.is(document, right);
});

documenting("a rule's sentence tells each of its numbers, and no other", () => {
  for (const { id, text, values } of rules()) {
    const told = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const name of told) assert.ok(name !== undefined && name in values, `${id}: {${name}}`);
    for (const name of Object.keys(values)) assert.ok(told.includes(name), `${id}: ${name}`);
  }
});

documenting("no sentence has a place left", () => {
  for (const rule of rules()) assert.not.match(ruleText(rule), /[{}]/);
});

documenting.run();
