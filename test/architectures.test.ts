// Whatever depends on an architecture is in a file or folder named after it; others choose it by an arch.ts.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const NAMES = /(?<![a-z0-9])(amd64|arm64)(?![a-z0-9])/;

/** What knows both architectures: an argument chooses, or a document, or each adds its rows to one table. */
const CHOOSERS = [
  "src/encoder/gvisor.ts",
  "src/encoder/script/script.ts",
  "src/fuzz/case/kinds.ts",
  "src/fuzz/facts/facts.ts",
  "src/fuzz/known/lists.ts",
  "src/fuzz/try/machine.ts",
];
/** Parts that exist for amd64 only. */
const AMD64_ONLY = [
  // Of the list of lessons, one.
  "src/record/scenarios.ts",
  "src/record/tasks/",
  "src/record/view/page/encoder/",
  // Setups by signal frames, and programs in C that repeat a case.
  "src/fuzz/try/sigreturn/",
  "src/fuzz/tell/c_program/",
];

const architectures = suite("architectures");

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => `src/${name}`);

/** The files that a file imports, or exports again. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map(([, path = ""]) => join(dirname(file), path));
}

const namesOf = (file: string) => NAMES.exec(file.replaceAll("_", "."))?.[1];
const mayName = (file: string) => file.endsWith("/arch.ts") || CHOOSERS.includes(file);

architectures("no other file imports one that is named after an architecture", () => {
  const wrong = files
    .filter((file) => !mayName(file) && !AMD64_ONLY.some((folder) => file.startsWith(folder)))
    .flatMap((file) => importsOf(file).map((path) => ({ file, path })))
    .filter(({ file, path }) => {
      const name = namesOf(path);
      return name !== undefined && namesOf(file) !== name;
    });
  assert.equal(
    wrong.map(({ file, path }) => `${file} imports ${path}`),
    [],
  );
});

architectures("no file of assembly/ that both architectures share imports one of either", () => {
  const shared = readdirSync("assembly", { recursive: true, encoding: "utf8" })
    .map((name) => `assembly/${name}`)
    .filter((file) => file.endsWith(".ts") && namesOf(file) === undefined);
  assert.ok(shared.includes("assembly/model/rule.ts"));
  const wrong = shared.flatMap((file) =>
    importsOf(file).flatMap((path) => (namesOf(path) === undefined ? [] : [`${file}: ${path}`])),
  );
  assert.equal(wrong, []);
});

architectures.run();
