import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ModuleFile } from "../../../src/labs/fuzz/case/module.ts";
import { readRules, ruleText } from "../../../src/labs/fuzz/predict/rules.ts";

const sentences = suite("fuzz: the sentences of rules");

for (const [file, table] of [
  ["fuzz.wasm", "rules.json"],
  ["fuzz-arm64.wasm", "rules-arm64.json"],
] as const) {
  const rules = readRules(new ModuleFile(file), table);

  sentences(`a rule's sentence tells each of its numbers, and no other: ${file}`, () => {
    for (const { id, text, values } of rules) {
      const told = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const name of told) assert.ok(name !== undefined && name in values, `${id}: {${name}}`);
      for (const name of Object.keys(values)) assert.ok(told.includes(name), `${id}: ${name}`);
    }
  });

  sentences(`no sentence has a place left: ${file}`, () => {
    for (const rule of rules) assert.not.match(ruleText(rule), /[{}]/);
  });
}

sentences.run();
