import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileCase } from "../support/case_programs.ts";
import { stublab } from "../support/in_process.ts";
import { temporaryFolder } from "../support/temporary.ts";

const command = suite("stublab fuzz: single cases");
const folder = temporaryFolder();

const FAULT = {
  schema: "stublab.case/1",
  from: "signal",
  way: "SETREGS",
  on: "CONT",
  signal: null,
  code: "load",
  registers: { rdi: "0x0", r15: "0x77", r14: "0x1234" },
};
const path = join(folder, "case.json");
writeFileSync(path, JSON.stringify(FAULT));

const fuzz = (...args: string[]) => stublab(["fuzz", ...args]);

command("replay accepts the folder of a finding", async () => {
  const finding = join(folder, "finding");
  mkdirSync(finding);
  writeFileSync(join(finding, "case.json"), JSON.stringify(FAULT));
  assert.is((await fuzz("replay", finding)).code, 0);
});

command("minimize finds the smallest case with the same difference", async () => {
  const output = join(folder, "small.json");
  const { code, stdout, stderr } = await fuzz("minimize", path, "-o", output);
  assert.equal([code, stdout], [0, ""], stderr);
  const small = JSON.parse(readFileSync(output, "utf8"));
  assert.is(small.schema, "stublab.case/1");
  assert.not("r15" in small.registers);
  assert.not("r14" in small.registers);
  assert.match(stderr, /^\d words differed from the baseline, \d now\n$/);
});

command("export writes a program, which exits with 1 where the outcome is another", async () => {
  const program = join(folder, "repro");
  const source = `${program}.c`;
  const { code, stdout } = await fuzz("export", path, "--c", "-o", source);
  assert.equal([code, stdout], [0, ""]);
  const text = readFileSync(source, "utf8");
  assert.match(text, /stublab fuzz replay - <<'CASE'\n \* \{"schema"/);
  // As if it had been written on another kernel.
  writeFileSync(source, text.replaceAll("0xb7f", "0x77f"));
  compileCase(program);
  const { status, stdout: told } = spawnSync(program, { encoding: "utf8" });
  assert.is(status, 1);
  assert.match(told, /status +0x77f +0x77f +0xb7f +not as predicted NOT AS SEEN/);
});

command("with a bug in the model a program contains the option", async () => {
  const { stdout } = await fuzz("export", path, "--c", "--plant", "R47.code=2");
  assert.match(stdout, /^\/\*\n \* code is 1; predicted: 2\.\n/);
  assert.match(stdout, / \* Replay: stublab fuzz replay - --plant R47\.code=0x2 <<'CASE'\n/);
});

command.run();
