// Time limit: 240 s

// Runs each program and command of README and docs once. The commands of a page are one session, in its own folder.

import { exchangesIn, isAsTold, runSession } from "../support/console.ts";

const told = suite("omissions in a document");

told("match any text in a line, and any lines", () => {
  assert.ok(isAsTold("took 3 s  \n", "took … s\n"));
  assert.ok(isAsTold("a\nb\nc\nd\n", "a\n…\nd\n"));
  assert.ok(isAsTold("a\nd\n", "a\n…\nd\n"));
  assert.not(isAsTold("a\nb\n", "a\n"));
  assert.not(isAsTold("a.c\n", "a?c\n"));
});

const pages = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`)
  .concat("README.md");

const programs = suite("README and docs: programs");
for (const page of pages) {
  for (const [, code = ""] of readFileSync(page, "utf8").matchAll(/^```js\n(.*?)^```/gms)) {
    programs(`${page}: ${code.split("\n").slice(2, 4).join(" ")}`, async () => {
      const args = ["--input-type=module", "-e", code];
      const { code: status, stderr } = await run([process.execPath, args]);
      assert.equal([status, stderr], [0, ""]);
    });
  }
}

/** These need a clone, another kernel or another machine; package.alone.test.ts bundles. */
const ELSEWHERE =
  /^(npm|npx esbuild|git|qemu|cp|runsc|adb|linux|UML|\$UML|cc .*(uml|processor)\.c|mkdir.*uml\.c)/;
/** A run of these cases prints the same as one of a minute. */
const SHORTER = ["--seconds 60", "--cases 2000"] as const;

/**
 * What is the same on every machine and in every run: not numbers, nor whether this processor is as the model says. Of tutorials,
 * whose bugs are planted, all is.
 */
const constant = (page: string, output: string): string =>
  page.includes("tutorial")
    ? output
    : output
        .replaceAll(/(0x)?[\da-f]*\d[\da-f,.]*/g, "0")
        .replaceAll(/ +/g, " ")
        .replace(/^findings [\s\S]*/m, "");

/** On such a machine a tutorial finds more than the bug that is planted. */
const contradicts = (await run(stublabCommand("fuzz", "--cases", "5000"))).code === 1;

/** Whether the build has what the other architecture needs. */
const isComplete = existsSync("dist/probe-arm64");

const commands = suite("README and docs: commands");
const folder = temporaryFolder();
for (const page of pages) {
  const exchanges = exchangesIn(readFileSync(page, "utf8"))
    .filter(({ command }) => !ELSEWHERE.test(command) && (isComplete || !/arm64/.test(command)))
    .map(({ command, output }) => ({ output, command: command.replace(...SHORTER) }));
  if (exchanges.length === 0) continue;
  commands(page, () => {
    const own = mkdtempSync(join(folder, "page-"));
    symlinkSync(resolve("examples"), join(own, "examples"));
    for (const { command, output, status, seen } of runSession(exchanges, own)) {
      // 1 says that something was found.
      const isOpen = output === "" || (contradicts && page.includes("tutorial"));
      if (isOpen) assert.ok(status <= 1, `$ ${command}\n${seen}`);
      else if (!isAsTold(constant(page, seen), constant(page, output)))
        assert.is(seen, output, `$ ${command}`);
    }
  });
}
