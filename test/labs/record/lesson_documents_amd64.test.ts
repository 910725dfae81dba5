// The parts of docs/lessons that the scenarios say, too. `npm run docs:lessons` writes them anew.

import { readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Scenario } from "../../../src/labs/record/scenario.ts";
import { COURSE, SCENARIOS } from "../../../src/labs/record/scenarios.ts";

const FOLDER = "docs/lessons";
const WIDTH = 120;

const documents = suite("lessons: documents");

function expectDocument(path: string, rightOf: (text: string) => string): void {
  const text = readFileSync(path, "utf8");
  const right = rightOf(text);
  if (process.env.WRITE_DOCUMENTS) writeFileSync(path, right);
  else assert.is(text, right, `${path}: run npm run docs:lessons`);
}

/** A text with all between two marks made anew; the second mark stays. */
function replaced(text: string, from: string, to: string, part: string): string {
  const [start, end] = [from === "" ? 0 : text.indexOf(from), text.indexOf(to)];
  assert.ok(start >= 0 && end > start, `no "${from}" or "${to}"`);
  return `${text.slice(0, start)}${from}${part}\n\n${text.slice(end)}`;
}

function wrap(text: string): string {
  let line = 0;
  return text.replaceAll(/(^| )(\S+)/g, (_, space, word) => {
    const fits = line + space.length + word.length <= WIDTH;
    line = fits ? line + space.length + word.length : word.length;
    return `${fits ? space : "\n"}${word}`;
  });
}

function headOf(name: string, { title, introduction }: Scenario): string {
  return [`# ${name}: ${title}`, "## What", ...introduction.map(wrap)].join("\n\n");
}

for (const [name, entry] of Object.entries(SCENARIOS)) {
  documents(
    `${name}: its page begins with the title and the introduction of the scenario`,
    async () => {
      const head = headOf(name, await entry.load());
      expectDocument(`${FOLDER}/${name}.md`, (text) => replaced(text, "", "## Try it", head));
    },
  );
}

documents("the index has every lesson in the order of the course, with its summary", () => {
  let number = 0;
  const parts = COURSE.map(({ title, scenarios }) => {
    const items = scenarios.map((name) => {
      return `${++number}. [${name}](${name}.md): ${SCENARIOS[name]?.summary}`;
    });
    return `${title}:\n\n${items.join("\n")}`;
  });
  const list = `\n\n${parts.join("\n\n")}`;
  expectDocument(`${FOLDER}/README.md`, (text) => {
    return replaced(text, "## The order", "After the first two lessons", list);
  });
});

documents.run();
