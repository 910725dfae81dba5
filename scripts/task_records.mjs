// What the probe's walks share with assembly/tasks/, as a C header: records, kinds of actions, and the rules, which are doc
// comments there.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { MACHINES } from "./compilers.mjs";
import { C_TYPES, header, snakeCase } from "./records.mjs";
import { ruleOf } from "./rules.mjs";
import { files, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

export const TASKS = "assembly/tasks";
/** The classes that are records, by file. */
const RECORDS = { actions: "Action", view: "View" };

export async function writeTaskRecords() {
  const sources = files(TASKS, ".ts");
  for (const arch of MACHINES)
    await makeFrom(`build/${arch}/task_records.h`, sources, () => {
      mkdirSync(`build/${arch}`, { recursive: true });
      writeFileSync(`build/${arch}/task_records.h`, headerText());
    });
}

function headerText() {
  const actions = readFileSync(`${TASKS}/actions.ts`, "utf8");
  const kinds = [...actions.matchAll(/^export const (\w+): u32 = (\d+);$/gm)];
  const names = kinds.filter(([, name]) => name !== "KINDS").map(([, name]) => `"${name}"`);
  const lines = [
    "#include <stdint.h>",
    ...Object.entries(RECORDS).flatMap(([file, name]) => recordLines(file, name)),
    `enum { ${kinds.map(([, name, value]) => `ACTION_${name} = ${value}`).join(", ")} };`,
    `#define ACTION_NAMES { ${names.join(", ")} }`,
    "/** A rule: its number, its sentence, and its source. */",
    "struct task_rule { uint32_t number; const char *id, *text, *source; };",
    `#define TASK_RULES { ${taskRules().map(ruleRow).join(", ")} }`,
  ];
  return `${header("TASK_RECORDS", lines, `Written by the build from ${TASKS}/.`).join("\n")}\n`;
}

/** The rules, by number. */
export const taskRules = () =>
  files(TASKS, ".ts")
    .flatMap(rulesIn)
    .sort((a, b) => a.number - b.number);

function recordLines(file, name) {
  const text = readFileSync(`${TASKS}/${file}.ts`, "utf8");
  const [, body] = new RegExp(`export class ${name} \\{\\n([^}]*)\\}`).exec(text);
  const members = [...body.matchAll(/^ {2}(\w+): (\w+);/gm)];
  const lines = members.map(([, member, type]) => `    ${C_TYPES[type]} ${snakeCase(member)};`);
  return [`struct task_${name.toLowerCase()} {`, ...lines, "};"];
}

function rulesIn(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line, i) => {
    const [, id, number] = /^export const (T(\d+)): u32 = \2;$/.exec(line) ?? [];
    if (id === undefined) return [];
    return [{ id, number: Number(number), ...ruleOf(lines.slice(0, i), `${path}: ${id}`) }];
  });
}

const ruleRow = ({ id, number, text, source }) =>
  `{ ${number}, "${id}", ${JSON.stringify(text)}, ${JSON.stringify(source)} }`;
