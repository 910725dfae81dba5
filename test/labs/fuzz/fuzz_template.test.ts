import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCase } from "../../../src/labs/fuzz/case/case.ts";
import { Examiner } from "../../../src/labs/fuzz/examiner.ts";
import { partsOf, resolveParts } from "../../../src/labs/fuzz/tell/c_program/parts.ts";
import { fill, valuesOf } from "../../../src/labs/fuzz/tell/c_program/values.ts";
import { exportC } from "../../../src/labs/fuzz/tell/export_c.ts";
import { compileCase } from "../../support/case_programs.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const SOURCE = "src/labs/fuzz/tell/template.c";
const text = readFileSync(SOURCE, "utf8");

const template = suite("fuzz: the template of programs in C");

template("is a program, which shows what its case predicts", () => {
  const program = join(temporaryFolder(), "template");
  compileCase(program, { source: SOURCE });
  const output = execFileSync(program, { encoding: "utf8" });
  assert.match(output, /^frame\.rax +0xfffffffffffffffc 0xfffffffffffffffc 0xfffffffffffffffc$/m);
  assert.match(output, /^0 fields are not as predicted, and /m);
});

const PARTS = /(?<= \*\/\n)(?:#define \w+ 1\n)+/;
const SECTION =
  /\/\* The case\. \*\/\n(?:\/\* clang-format off \*\/\n)?(.*?)\n(?:\/\* clang-format on|static pid_t)/s;
const sectionOf = (source: string) => SECTION.exec(source)?.[1] ?? "";

/** The case of the template: a system call is to restart, and a handler turns that into EINTR. */
const EXAMPLE = parseCase({
  schema: "stublab.case/1",
  signal: "SIGUSR1",
  code: "nops",
  registers: { rax: "0xfffffffffffffe00", orig_rax: "0x1" },
});

template("has the case that an export writes, and the parts that it needs", () => {
  using examiner = new Examiner();
  const examined = examiner.examine(EXAMPLE);
  const section = sectionOf(exportC(examined, examiner));
  const parts = partsOf(examined);
  const defines = [...parts]
    .filter(([, has]) => has)
    .map(([name]) => `#define ${name} 1\n`)
    .sort()
    .join("");
  if (process.env.WRITE_DOCUMENTS) {
    const withCase = fill(text, valuesOf(examined, parts, "SIGUSR1"));
    writeFileSync(
      SOURCE,
      withCase.replace(PARTS, () => defines),
    );
  }
  assert.is(PARTS.exec(text)?.[0], defines);
  // The expected values are those of the machine that wrote them.
  const declarations = (source: string) => source.replace(/EXPECTED\[\] = .*/s, "");
  assert.is(declarations(resolveParts(sectionOf(text), parts)), declarations(section));
});

template("has no part without a rule when it is needed, and all that there is a rule for", () => {
  const names = [...text.matchAll(/^#if !?(\w+)$/gm)].map(([, name]) => name);
  const known = partsOf({ it: EXAMPLE, predicted: new Map(), stable: new Map(), differences: [] });
  assert.equal([...new Set(names)].sort(), [...known.keys()].sort());
});

const CONDITIONS = `a
#if ONE
b
#ifndef OTHER
c
#endif
#else
d
#endif
#if !TWO
e
#endif
`;

template("a part stays or goes with its conditions; other conditions stay", () => {
  const resolve = (one: boolean, two: boolean) =>
    resolveParts(
      CONDITIONS,
      new Map([
        ["ONE", one],
        ["TWO", two],
      ]),
    );
  assert.is(resolve(true, true), "a\nb\n#ifndef OTHER\nc\n#endif\n");
  assert.is(resolve(false, false), "a\nd\ne\n");
  assert.throws(() => resolveParts(CONDITIONS, new Map([["ONE", true]])), /unknown part TWO/);
});

template.run();
