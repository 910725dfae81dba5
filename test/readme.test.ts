import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run, stublabCommand } from "./processes.ts";

const readme = suite("README");

const text = readFileSync("README.md", "utf8");

/** The contents of the code blocks of one language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, code = ""]) => code,
  );
}

for (const code of blocks("js")) {
  readme(`the program runs: ${code.split("\n")[2]}`, async () => {
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
