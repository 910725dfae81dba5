// The rules of the model, which are doc comments of assembly/model/ (rule.ts there has their form): a table of their
// sentences and sources for the host, and what the fuzzer's module exports of them.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { MACHINES } from "./compilers.mjs";
import { makeFrom } from "./sources.mjs";

/** The table of an architecture, beside the module that it belongs to. */
const TABLES = { amd64: "dist/rules.json", arm64: "dist/rules-arm64.json" };

/** What the module exports of them: it has rules, and their numbers, as globals that the host sets. */
export const RULE_EXPORTS = MACHINES.map((arch) => `build/${arch}/rules.ts`);

const TAGS = ["source", "asked", "needs", "since"];

export async function writeRules() {
  for (const arch of MACHINES) {
    const sources = ["assembly/model", `assembly/model/${arch}`].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".ts"))
        .map((name) => `${folder}/${name}`),
    );
    await makeFrom(TABLES[arch], sources, () => {
      const files = sources.map((path) => [path, rulesIn(path)]);
      const exported = files
        .filter(([, { names }]) => names.length > 0)
        .map(
          ([path, { names }]) =>
            `export { ${names.join(", ")} } from "../../${path.slice(0, -3)}";`,
        );
      mkdirSync(`build/${arch}`, { recursive: true });
      writeFileSync(`build/${arch}/rules.ts`, `${exported.join("\n")}\n`);
      const rules = files.flatMap(([, { rules }]) => rules);
      writeFileSync(TABLES[arch], `${JSON.stringify(rules, null, 1)}\n`);
    });
  }
}

/** The rules of a file, and the names of their globals: W3, W3_level. */
function rulesIn(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  const rules = [];
  const names = [];
  for (const [i, line] of lines.entries()) {
    const [, name, id, isRule] =
      /^export (?:let|const) (([WSRU]\d+)(?:(: u32 = 0;)|_\w+))/.exec(line) ?? [];
    if (name === undefined) continue;
    names.push(name.replace(/:.*/, ""));
    if (isRule !== undefined) rules.push({ id, ...ruleOf(lines.slice(0, i), `${path}: ${id}`) });
  }
  return { rules, names };
}

/** A rule by the comment that the lines end with: its sentence, and its tags. */
function ruleOf(lines, place) {
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
