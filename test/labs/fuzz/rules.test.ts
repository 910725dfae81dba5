import { CASES } from "../../../src/labs/fuzz/case/arch.ts";
import { ModuleFile } from "../../../src/labs/fuzz/case/module.ts";
import { readRules, ruleText } from "../../../src/labs/fuzz/predict/rules.ts";

const sentences = suite("fuzz: the sentences of rules");

for (const [arch, { MODULE, RULES }] of Object.entries(CASES)) {
  const rules = readRules(new ModuleFile(MODULE), RULES);

  sentences(`a rule's sentence has each of its numbers, and no other: ${arch}`, () => {
    for (const { id, text, values } of rules) {
      const told = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const name of told) assert.ok(name !== undefined && name in values, `${id}: {${name}}`);
      for (const name of Object.keys(values)) assert.ok(told.includes(name), `${id}: ${name}`);
    }
  });

  sentences(`no sentence has a place left: ${arch}`, () => {
    for (const rule of rules) assert.not.match(ruleText(rule), /[{}]/);
  });
}
