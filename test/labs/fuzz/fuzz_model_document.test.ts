import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Arch } from "../../../src/core/machine/index.ts";
import { ModuleFile } from "../../../src/labs/fuzz/case/module.ts";
import { PHASES, type Phase, readRules, ruleText } from "../../../src/labs/fuzz/predict/rules.ts";
import { type ListedRule, listRules } from "../../../src/labs/fuzz/tell/rule_list.ts";

/** The documents, and the modules with the rules that they have. */
const DOCUMENTS = [
  ["docs/model.md", "amd64", "fuzz.wasm", "rules.json"],
  ["docs/model-arm64.md", "arm64", "fuzz-arm64.wasm", "rules-arm64.json"],
] as const;

const END = "<!-- end -->";

/** A document with a table after a line such as "<!-- rules: write -->" made anew. */
function withTable(document: string, of: string, rows: readonly string[]): string {
  const from = document.indexOf(`<!-- ${of} -->`);
  const to = document.indexOf(END, from);
  if (from < 0 || to < 0) throw new RangeError(`the document has no place for ${of}`);
  return `${document.slice(0, from)}<!-- ${of} -->\n${rows.join("\n")}\n${document.slice(to)}`;
}

/** The files of a folder of the model and what each follows: the first sentence in it. */
function filesIn(folder: string) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => {
      const text = readFileSync(`${folder}/${file}`, "utf8");
      const [comment = ""] = /^(\/\/.*\n)+/.exec(text) ?? [];
      const [told = ""] = comment
        .replaceAll(/\n?\/\/ ?/g, " ")
        .trim()
        .split(/\.? {2}|\. |\.$/);
      return { file, told, kernels: /(arch|kernel)\/\S+\.[cS]/.exec(told)?.[0] ?? "~" };
    });
}

/** By the kernel's files, with those that both architectures share; then the others. */
function fileRows(arch: string): string[] {
  const folder = `assembly/model/${arch}`;
  const shared = filesIn("assembly/model")
    .filter(({ kernels }) => kernels !== "~")
    .map((each) => ({ ...each, file: `../${each.file}` }));
  const files = [...filesIn(folder), ...shared];
  files.sort((a, b) => (`${a.kernels} ${a.file}` < `${b.kernels} ${b.file}` ? -1 : 1));
  const rows = files.map(({ file, told }) => `| ${file} | ${told.replace(/:$/, "")} |`);
  return [`| file of \`${folder}/\` | what it follows |`, "| --- | --- |", ...rows];
}

/** A document with new tables: the files, and the rules of each phase. */
function withTables(document: string, arch: Arch): string {
  const rules = listRules(arch);
  return PHASES.filter((phase) => rules.some((rule) => rule.phase === phase)).reduce(
    (text, phase) => withTable(text, `rules: ${phase}`, rowsOf(phase, rules)),
    withTable(document, "files", fileRows(arch)),
  );
}

function rowsOf(phase: Phase, rules: readonly ListedRule[]): string[] {
  const rows = rules
    .filter((rule) => rule.phase === phase)
    .map(({ id, text, condition, source, asked }) => {
      const basis = asked === null ? source : `${source} (asked: ${asked})`;
      return `| ${id} | ${cell(text)} | ${cell(condition ?? "")} | ${cell(basis)} |`;
    });
  return ["| rule | what it says | holds | source |", "| --- | --- | --- | --- |", ...rows];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

const documenting = suite("fuzz: the model's document");

for (const [path, arch, file, table] of DOCUMENTS) {
  const rules = readRules(new ModuleFile(file), table);

  documenting(
    `the tables of ${path} are those of the files and the rules; \`npm run docs:model\` makes them anew`,
    () => {
      const document = readFileSync(path, "utf8");
      const right = withTables(document, arch);
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
