import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run, stublabCommand } from "../support/processes.ts";

const programs = suite("README and docs: programs and commands");

/** All documents except those whose commands other tests run: the README, and tutorials, where one builds on another. */
const documents = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md") && !name.endsWith("-tutorial.md"))
  .map((name) => `docs/${name}`);
const read = (paths: readonly string[]): string =>
  paths.map((path) => readFileSync(path, "utf8")).join("\n");

/** The contents of the code blocks of one language. */
function blocks(language: string, text: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, code = ""]) => code,
  );
}

for (const code of blocks("js", read(["README.md", ...documents]))) {
  programs(`the program runs: ${code.split("\n").slice(2, 4).join(" ")}`, async () => {
    const { code: status, stderr } = await run([
      process.execPath,
      ["--input-type=module", "-e", code],
    ]);
    assert.is(status, 0, stderr);
    assert.is(stderr, "");
  });
}

for (const block of blocks("console", read(documents))) {
  for (const [, line = ""] of block.matchAll(/^\$ npx stublab (.*)$/gm)) {
    programs(`the command runs: ${line}`, async () => {
      const command = [process.execPath, ...stublabCommand()[1]].join(" ");
      const { code, stderr } = await run(["sh", ["-c", `${command} ${line}`]]);
      // Of these, status 1 says that this machine's kernel or processor is not as the model says.
      const allowed = /^(conformance|fuzz)/.test(line) ? [0, 1] : [0];
      assert.ok(allowed.includes(code ?? -1), stderr);
    });
  }
}

programs.run();
