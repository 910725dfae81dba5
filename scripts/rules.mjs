// The rules of the model, which are doc comments of assembly/model/ (rule.ts there has their form): a table of their
// sentences and sources for the host, and what the fuzzer's module exports of them.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { MACHINES } from "./compilers.mjs";
import { loadTables, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

/** The table of an architecture, beside the module that it belongs to. */
const TABLES = { amd64: "dist/rules.json", arm64: "dist/rules-arm64.json" };

/** What the module exports of them, rules and their numbers as globals; and functions that set them. */
export const RULE_EXPORTS = MACHINES.flatMap((arch) =>
  ["rules", "rule_settings"].map((name) => `build/${arch}/${name}.ts`),
);

const TAGS = ["source", "asked", "needs", "since"];

export async function writeRules() {
  for (const arch of MACHINES) {
    const sources = ["assembly/model", `assembly/model/${arch}`].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".ts"))
        .map((name) => `${folder}/${name}`),
    );
    await makeFrom(TABLES[arch], [...sources, "src/labs/fuzz/machine.ts"], async () => {
      const files = sources.map((path) => [path, rulesIn(path)]);
      const rules = files.flatMap(([, { rules }]) => rules).sort(byPhase);
      const twice = rules.find(({ id }, i) => rules[i + 1]?.id === id);
      if (twice !== undefined) throw new Error(`two rules have the id ${twice.id}`);
      const { FEATURES } = await loadTables(["src/labs/fuzz/machine.ts"]);
      mkdirSync(`build/${arch}`, { recursive: true });
      const write = (name, lines) =>
        writeFileSync(`build/${arch}/${name}`, `${lines.join("\n")}\n`);
      write("rules.ts", files.flatMap(namesOf("export")));
      const names = files.flatMap(namesOf("import"));
      write("rule_settings.ts", [...names, ...selection(rules, FEATURES), ...settings(rules)]);
      writeFileSync(TABLES[arch], `${JSON.stringify(rules.map(withNames), null, 1)}\n`);
    });
  }
}

const PHASES = "WSRU";
/** The order of the table: a rule's place in it, from 1 on, is its number. */
const byPhase = ({ id: a }, { id: b }) =>
  PHASES.indexOf(a[0]) - PHASES.indexOf(b[0]) || a.slice(1) - b.slice(1);

/** The rules of a file, with their numbers, and the names of all globals: W3, W3_level. */
function rulesIn(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  const rules = [];
  const names = [];
  for (const [i, line] of lines.entries()) {
    const [, kind, id, isRule, number, type, value] =
      /^export (let|const) (?:([WSRU]\d+)(?:(: u32 = 0;)|_(\w+): (\w+) = (.*);))/.exec(line) ?? [];
    if (id === undefined) continue;
    names.push(isRule === undefined ? `${id}_${number}` : id);
    if (isRule === undefined)
      rules.at(-1).numbers.push({ number, type, value, constant: kind === "const" });
    else rules.push({ id, ...ruleOf(lines.slice(0, i), `${path}: ${id}`), numbers: [] });
  }
  return { rules, names };
}

/** A statement that imports or exports all names of a file, if it has any. */
const namesOf =
  (verb) =>
  ([path, { names }]) =>
    names.length === 0
      ? []
      : [`${verb} { ${names.join(", ")} } from "../../${path.slice(0, -3)}";`];

/** The function that selects the rules of a machine, and the features that they depend on. */
function selection(rules, FEATURES) {
  const bit = (feature) => `(features >> ${FEATURES.indexOf(feature)} & 1)`;
  const needed = new Set();
  const lines = rules.flatMap(({ id, needs, numbers }, i) => {
    const feature = needs?.replace("!", "");
    if (feature !== undefined) needed.add(feature);
    const holds = `${i + 1}${needs === undefined ? "" : ` * u32(${bit(feature)} == ${needs.startsWith("!") ? 0 : 1})`}`;
    const others = FEATURES.flatMap((name) =>
      numbers
        .filter(({ number, constant }) => constant && number.endsWith(`_${name}`))
        .map((it) => ({ ...it, name })),
    );
    const values = others.flatMap(({ number, name }) => {
      needed.add(name);
      const place = `${id}_${number.slice(0, -name.length - 1)}`;
      return [`  if (${bit(name)} != 0) ${place} = ${id}_${number};`];
    });
    // Those without others are what they are on every machine.
    const usual = numbers
      .filter(({ number }) => others.some((it) => it.number === `${number}_${it.name}`))
      .map(({ number, value }) => `  ${id}_${number} = ${value};`);
    return [`  ${id} = ${holds};`, ...usual, ...values];
  });
  const unknown = [...needed].find((name) => !FEATURES.includes(name));
  if (unknown !== undefined) throw new Error(`a rule depends on an unknown feature ${unknown}`);
  const set = [...needed].reduce((sum, name) => sum | (1n << BigInt(FEATURES.indexOf(name))), 0n);
  return [
    `export const neededFeatures: u64 = ${set};`,
    `export const firstUnpredicted: u32 = ${1 + rules.findIndex(({ id }) => id.startsWith("U"))};`,
    ...["export function selectRules(features: u64): void {", ...lines, "}"],
  ];
}

/** Functions that set a rule, and set and read a number, by its place in the table; wasm2c cannot bear a long switch. */
function settings(rules) {
  const numbers = numbersOf(rules);
  const own = rules.map(({ id }, i) => `  if (place == ${i + 1}) ${id} = value;`);
  const set = numbers.map(([name, type], i) => `  if (place == ${i}) ${name} = ${type}(value);`);
  const read = numbers.map(([name], i) => `  if (place == ${i}) return u64(${name});`);
  return [
    ...["export function setRule(place: u32, value: u32): void {", ...own, "}"],
    ...["export function setNumber(place: u32, value: u64): void {", ...set, "}"],
    ...["export function numberAt(place: u32): u64 {", ...read, "  return 0;", "}"],
  ];
}

const altered = (numbers) => numbers.filter(({ constant }) => !constant);

/** The numbers that may be altered: not those of machines with a feature. */
const numbersOf = (rules) =>
  rules.flatMap(({ id, numbers }) =>
    altered(numbers).map(({ number, type }) => [`${id}_${number}`, type]),
  );

/** A rule as the host has it: of its numbers, the names of those. */
const withNames = ({ numbers, ...rule }) => ({
  ...rule,
  numbers: altered(numbers).map(({ number }) => number),
});

/** A rule by the comment that the lines end with: its sentence, and its tags. */
export function ruleOf(lines, place) {
  const comment = lines
    .slice(lines.lastIndexOf("/**"))
    .map((line) => line.replace(/^[ /]\*+\/? ?/, ""));
  const [text, ...tags] = comment.join(" ").trim().split(" @");
  const rule = { text };
  for (const tag of tags) {
    const [, name, value] = /^(\w+) (.+)$/.exec(tag.trim()) ?? [];
    if (!TAGS.includes(name) || name in rule) throw new Error(`${place}: wrong tag @${tag}`);
    rule[name] = value;
  }
  if (lines.at(-1) !== " */" || text === "" || rule.source === undefined)
    throw new Error(`${place} lacks a sentence or @source`);
  return rule;
}
