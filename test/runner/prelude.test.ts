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
  ["a name in a comment", "/** join */\nf();", "/** join */\nf();"],
  ["a name in a text", '// join\nf("join");', '// join\nf("join");'],
  ["an imported name", 'import { join } from "x";\njoin();', 'import { join } from "x";\njoin();'],
  [
    "a name that only a type has, too",
    "interface It {\n  run: 1;\n}\nrun();",
    'import { run } from "./../support/processes.ts"; interface It {\n  run: 1;\n}\nrun();',
  ],
  ["a declared name", "function run(a) {}\nrun();", "function run(a) {}\nrun();"],
  [
    "a name that has another here",
    "const { join: a } = b;\njoin();",
    'import { join } from "node:path"; const { join: a } = b;\njoin();',
  ],
  [
    "a name that a variable has as its type",
    "let it: DENY;\nDENY;",
    'import { DENY } from "./../support/processes.ts"; let it: DENY;\nDENY;',
  ],
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
