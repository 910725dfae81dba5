// Time limit: 120 s

import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run, stublabCommand } from "../support/processes.ts";

const readme = suite("README and docs");

const documents = [
  "README.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    // The commands of a tutorial build on each other: tutorial.test.ts runs them.
    .filter((name) => !name.endsWith("-tutorial.md"))
    .map((name) => `docs/${name}`),
];
const text = documents.map((path) => readFileSync(path, "utf8")).join("\n");

/** The contents of the code blocks of one language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, code = ""]) => code,
  );
}

for (const code of blocks("js")) {
  readme(`the program runs: ${code.split("\n").slice(2, 4).join(" ")}`, async () => {
    const { code: status, stderr } = await run([
      process.execPath,
      ["--input-type=module", "-e", code],
    ]);
    assert.is(status, 0, stderr);
    assert.is(stderr, "");
  });
}

for (const block of blocks("console")) {
  for (const [, line = ""] of block.matchAll(/^\$ npx stublab (.*)$/gm)) {
    readme(`the command runs: ${line}`, async () => {
      const command = [process.execPath, ...stublabCommand()[1]].join(" ");
      const { code, stderr } = await run(["sh", ["-c", `${command} ${line}`]]);
      assert.is(code, 0, stderr);
    });
  }
}

readme.run();
