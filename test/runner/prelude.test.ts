// What is added to a test file.

const { withPrelude }: { withPrelude: (text: string, path: string) => string } = await import(
  pathToFileURL("test/prelude.mjs").href
);

const prelude = suite("prelude");

const added = (text: string) => withPrelude(text, "test/core/x.test.ts").trim();

for (const [name, text, expected] of [
  ["a name", "f(join);", 'import { join } from "node:path"; f(join);'],
  ["names of a namespace", "assert.ok(1);", 'import * as assert from "uvu/assert"; assert.ok(1);'],
  ["a name of support", "f(needs);", 'import { needs } from "./../support/needs.ts"; f(needs);'],
  [
    "a name that is spread",
    "[...DENY];",
    'import { DENY } from "./../support/processes.ts"; [...DENY];',
  ],
  ["a member", "words.join(1);", "words.join(1);"],
  ["a part of a name", "rejoin(joined);", "rejoin(joined);"],
  ["a name in a text", '// join\nf("join");', '// join\nf("join");'],
  ["an imported name", 'import { join } from "x";\njoin();', 'import { join } from "x";\njoin();'],
  ["a declared name", "function run(a) {}\nrun();", "function run(a) {}\nrun();"],
  ["a name in a pattern", "const { run, join } = a;\nrun();", "const { run, join } = a;\nrun();"],
] as const) {
  prelude(`imports: ${name}`, () => {
    assert.is(added(text), expected);
  });
}

prelude("runs the suites that the file does not run", () => {
  const text = 'const one = suite("1");\nconst two = suite<Map<string, bigint>>("2");\ntwo.run();';
  assert.is(added(text), `import { suite } from "uvu"; ${text}one.run();`);
});
