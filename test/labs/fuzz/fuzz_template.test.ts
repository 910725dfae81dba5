import { dataOf } from "../../../src/labs/fuzz/tell/c_program/data.ts";
import { exportC } from "../../../src/labs/fuzz/tell/export_c.ts";
import { compileCase } from "../../support/case_programs.ts";
import { caseOf, KINDS } from "../../support/exported_cases.ts";

const SOURCE = "src/labs/fuzz/tell/c_program/program.c";

const template = suite("fuzz: the template of programs in C");

/** The case of an example: a system call restarts. A frame of a handler would be as large as the processor makes it. */
const EXAMPLE = parseCase({
  schema: "stublab.case/1",
  code: "nops",
  registers: { rax: "0xfffffffffffffe00", orig_rax: "0x1" },
});

/** Compiles the template with the data of the example. @param alter changes the data */
function compileExample(alter = (data: string) => data): string {
  using examiner = new Examiner();
  const data = dataOf(examiner.examine(EXAMPLE), formatCase(EXAMPLE), 0, false);
  const folder = temporaryFolder();
  writeFileSync(join(folder, "case.c"), alter(data));
  compileCase(join(folder, "template"), { source: SOURCE, flags: ["-I", folder] });
  return join(folder, "template");
}

template("is a program, which shows what its case predicts", () => {
  const output = execFileSync(compileExample(), { encoding: "utf8" });
  assert.match(output, /^stopped\.rip +0x100000bf +0x100000bf +0x100000bf *$/m);
  assert.match(output, /^0 fields are not as predicted, and /m);
});

template("exits with 1 if the outcome is another than that seen before", () => {
  const program = compileExample((data) =>
    data.replace("{STATUS, 0x57f, 0x57f", "{STATUS, 0x77f, 0x77f"),
  );
  const { status, stdout } = spawnSync(program, { encoding: "utf8" });
  assert.is(status, 1);
  assert.match(stdout, /status +0x77f +0x77f +0x57f +not as predicted NOT AS SEEN/);
});

template(
  "what follows from the size of a frame is not compared: another processor has another",
  () => {
    using examiner = new Examiner();
    const examination = examiner.examine({ ...EXAMPLE, signal: 10 });
    assert.is.not(examination.predicted.get("stopped.rsp"), undefined);
    const text = exportC(examination, { machine: examiner.machine });
    for (const name of ["RSP", "RDX", "RSI"])
      assert.match(text, `{STOPPED + ${name}, 0, 0, UNPREDICTED | UNSTABLE},`);
    assert.match(text, "{FRAME + REG_RSP, 0x10007000, 0x10007000, 0},");
  },
);

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
