import { readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ModuleFile } from "../../../src/labs/fuzz/case/module.ts";
import { processorsText } from "../../../src/labs/fuzz/predict/processors.ts";
import {
  PHASES,
  type Phase,
  type Rule,
  readRules,
  ruleText,
} from "../../../src/labs/fuzz/predict/rules.ts";

/** The documents, and the modules with the rules that they have. */
const DOCUMENTS = [
  ["docs/model.md", "fuzz.wasm", "rules.json"],
  ["docs/model-arm64.md", "fuzz-arm64.wasm", "rules-arm64.json"],
] as const;

/** Between these lines of the document a table stands. */
const begin = (phase: Phase): string => `<!-- rules: ${phase} -->`;
const END = "<!-- end -->";

/** A document with its tables made anew: one for each phase of which there are rules. */
function withRules(document: string, rules: readonly Rule[]): string {
  return PHASES.filter((phase) => rules.some((rule) => rule.phase === phase)).reduce(
    (text, phase) => {
      const from = text.indexOf(begin(phase));
      const to = text.indexOf(END, from);
      if (from < 0 || to < 0) throw new RangeError(`the document has no place for ${begin(phase)}`);
      return `${text.slice(0, from)}${begin(phase)}\n${tableOf(phase, rules)}\n${text.slice(to)}`;
    },
    document,
  );
}

function tableOf(phase: Phase, rules: readonly Rule[]): string {
  const rows = rules
    .filter((rule) => rule.phase === phase)
    .map(
      (rule) =>
        `| ${rule.id} | ${cell(ruleText(rule) + otherValues(rule))} | ${cell(conditionOf(rule))} | ${cell(sourceOf(rule))} |`,
    );
  return ["| rule | what it says | holds | source |", "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

/** The source, and which processors were asked. */
function sourceOf({ source, asked }: Rule): string {
  return asked === undefined ? source : `${source} (asked: ${processorsText(asked)})`;
}

/** The values on machines with a feature. */
function otherValues({ valuesWith }: Rule): string {
  return Object.entries(valuesWith)
    .flatMap(([feature, values]) =>
      Object.keys(values).map(
        (name) => ` With ${feature} its ${name} is ${ruleText({ text: `{${name}}`, values })}.`,
      ),
    )
    .join("");
}

function conditionOf({ feature, since }: Rule): string {
  if (feature === undefined) return "";
  const told = feature.startsWith("!") ? `without ${feature.slice(1)}` : `with ${feature}`;
  return since === undefined ? told : `${told} (Linux ${since})`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

const documenting = suite("fuzz: the model's document");

for (const [path, file, table] of DOCUMENTS) {
  const rules = readRules(new ModuleFile(file), table);

  documenting(
    `the tables of ${path} are those of the rules; \`npm run docs:model\` makes them anew`,
    () => {
      const document = readFileSync(path, "utf8");
      const right = withRules(document, rules);
      if (process.env.WRITE_DOCUMENTS) writeFileSync(path, right);
      else assert.is(document, right);
    },
  );

  documenting(`a rule's sentence tells each of its numbers, and no other: ${file}`, () => {
    for (const { id, text, values } of rules) {
      const told = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const name of told) assert.ok(name !== undefined && name in values, `${id}: {${name}}`);
      for (const name of Object.keys(values)) assert.ok(told.includes(name), `${id}: ${name}`);
    }
  });

  documenting(`no sentence has a place left: ${file}`, () => {
    for (const rule of rules) assert.not.match(ruleText(rule), /[{}]/);
  });
}

documenting.run();
