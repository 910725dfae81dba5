import { dataOf } from "../../../src/labs/fuzz/tell/c_program/data.ts";
import { exportC } from "../../../src/labs/fuzz/tell/export_c.ts";
import { compileCase } from "../../support/case_programs.ts";
import { caseOf, KINDS } from "../../support/exported_cases.ts";

const SOURCE = "src/labs/fuzz/tell/c_program/program.c";

const template = suite("fuzz: the template of programs in C");

template("is a program, which shows what its case predicts", () => {
  const program = join(temporaryFolder(), "template");
  compileCase(program, { source: SOURCE });
  const output = execFileSync(program, { encoding: "utf8" });
  assert.match(output, /^stopped\.rip +0x100000bf +0x100000bf +0x100000bf *$/m);
  assert.match(output, /^0 fields are not as predicted, and /m);
});

template("exits with 1 if the outcome is another than that seen before", () => {
  const program = join(temporaryFolder(), "other");
  const text = readFileSync(SOURCE, "utf8");
  writeFileSync(`${program}.c`, text.replace("{STATUS, 0x57f, 0x57f", "{STATUS, 0x77f, 0x77f"));
  compileCase(program, { flags: ["-I", dirname(SOURCE)] });
  const { status, stdout } = spawnSync(program, { encoding: "utf8" });
  assert.is(status, 1);
  assert.match(stdout, /status +0x77f +0x77f +0x57f +not as predicted NOT AS SEEN/);
});

/** The case of the template: a system call restarts. A frame of a handler would be as large as the processor makes it. */
const EXAMPLE = parseCase({
  schema: "stublab.case/1",
  code: "nops",
  registers: { rax: "0xfffffffffffffe00", orig_rax: "0x1" },
});
const SECTION = /(?<=\/\* clang-format off \*\/\n).*(?=\n\/\* clang-format on \*\/)/s;

template("has the case that an export writes; WRITE_DOCUMENTS=1 writes it anew", () => {
  using examiner = new Examiner();
  const data = dataOf(examiner.examine(EXAMPLE), formatCase(EXAMPLE), 0, false);
  if (process.env.WRITE_DOCUMENTS) {
    const text = readFileSync(SOURCE, "utf8");
    writeFileSync(
      SOURCE,
      text.replace(SECTION, () => data),
    );
  }
  const [section = ""] = SECTION.exec(readFileSync(SOURCE, "utf8")) ?? [];
  // The expected values are those of the machine that wrote them.
  const declarations = (source: string) => source.replace(/EXPECTED_1\[\] = .*?^}/ms, "");
  assert.is(declarations(section), declarations(data));
});

template("an export is short, and includes no file of the template", () => {
  using examiner = new Examiner();
  for (const [name, document] of KINDS) {
    for (const kselftest of [false, true]) {
      const examination = examiner.examine(caseOf(document));
      const text = exportC(examination, { machine: examiner.machine, kselftest });
      const lines = text.split("\n").length;
      const further = examination.before.length;
      assert.ok(lines < 800 + 100 * further, `${name}: ${lines} lines`);
      assert.not.match(text, /#include "(?!\.\.\/kselftest\.h")|clang-format/, name);
    }
  }
});
