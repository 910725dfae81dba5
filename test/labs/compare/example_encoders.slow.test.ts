import { execSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareFile, newPath } from "../../support/foreign_modules.ts";
import { hasTool } from "../../support/processes.ts";

const examples = suite("example encoders");

const FOLDER = "examples/encoders";
const CASES = 100_000;

/** The tools to build them that npm does not install. */
const TOOLS: Readonly<Record<string, readonly string[]>> = { "encoder.c": ["clang", "wasm-ld"] };

/** How many functions each has, so that a loss is noticed. */
const FUNCTIONS: Readonly<Record<string, number>> = {
  "encoder.c": 8,
  "encoder.mjs": 6,
  "encoder.ts": 7,
};

/** The commands in a file's first comment: its indented lines. */
function commandsOf(text: string): string[] {
  const [comment = ""] = /^(\/\/.*\n)+/.exec(text) ?? [];
  const indented = [...comment.matchAll(/^\/\/ {3}(.*)$/gm)].map(([, line = ""]) => line.trim());
  return indented.join("\n").replaceAll("\\\n", " ").split("\n");
}

/** Builds an example as its comment says; returns the module's path. */
function build(file: string, command: string): string {
  const target = newPath(".wasm");
  const path = `${resolve("node_modules/.bin")}${delimiter}${process.env.PATH}`;
  execSync(command.replace("mine.wasm", target).replace("npx ", ""), {
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "ignore", "inherit"],
  });
  assert.match(command, file);
  return target;
}

for (const file of readdirSync(FOLDER)) {
  const able = (TOOLS[file] ?? []).every(hasTool);
  (able ? examples : examples.skip)(`${file} is correct in ${CASES} cases`, async () => {
    const text = readFileSync(`${FOLDER}/${file}`, "utf8");
    assert.ok(text.split("\n").length <= 80, "it is short");
    const commands = commandsOf(text);
    const compared = commands.pop();
    const [command, ...others] = commands;
    assert.equal(others, []);
    const path = command === undefined ? `${FOLDER}/${file}` : build(`${FOLDER}/${file}`, command);
    assert.is(compared, `npx stublab compare ${command === undefined ? path : "./mine.wasm"}`);
    const { report } = await compareFile(path, { cases: CASES });
    assert.equal([report.broken, report.disagreements], [[], []]);
    assert.is(report.notes.length, 1);
    assert.match(report.notes[0] ?? "", /: not compared on amd64$/);
    assert.is(report.cases, CASES);
    assert.is(report.functions.length, FUNCTIONS[file]);
    for (const { name, pairs } of report.functions) {
      assert.equal(
        pairs.map(({ truth, disagreed }) => [truth, disagreed]),
        [[true, 0]],
        name,
      );
    }
    assert.ok(report.layouts.every(({ encoders }) => encoders.every((each) => each.compared > 30)));
  });
}

examples.run();
