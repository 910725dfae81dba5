import { execFile } from "node:child_process";
import { WAYS } from "../../../src/labs/fuzz/case/records.ts";
import { exportC } from "../../../src/labs/fuzz/tell/export_c.ts";
import { compileCase } from "../../support/case_programs.ts";
import { caseOf, KINDS, SPREAD } from "../../support/exported_cases.ts";

/** How often each program runs, and how many generated cases are tried. */
const RUNS = process.env.SOAK ? 20 : 5;
const GENERATED = process.env.SOAK ? 400 : 12;

const folder = temporaryFolder();
const examiner = new Examiner();

const programs = suite("fuzz: programs in C");
programs.after(() => examiner.close());

/** Writes the program of a case and returns its path without ".c". */
function write(name: string, it: Case): string {
  const program = join(folder, name.replaceAll(/\W+/g, "_"));
  const text = exportC(examiner.examine(it), { machine: examiner.machine });
  writeFileSync(`${program}.c`, text);
  return program;
}

/** Runs a program some times at once; each run must show what was predicted, and what was seen. */
async function expectSame(program: string, it: Case, runs = RUNS): Promise<void> {
  const run = () =>
    new Promise<string>((resolve) => {
      execFile(program, (error, stdout, stderr) => {
        const status = error === null ? 0 : (error.code ?? error.signal);
        resolve(`${stdout}${stderr}exit status: ${status}`);
      });
    });
  const outputs = await Promise.all(Array.from({ length: runs }, run));
  const same = "\n0 fields are not as predicted, and 0 not as seen there\nexit status: 0";
  const other = outputs.find((output) => !output.endsWith(same));
  assert.is(other, undefined, `${JSON.stringify(formatCase(it))}\n${other}`);
}

for (const [name, document] of Object.entries(SPREAD)) {
  programs(`${name}: the outcome is the same ${RUNS} times`, async () => {
    const it = caseOf(document);
    const program = write(name, it);
    compileCase(program);
    await expectSame(program, it);
  });
}

programs(`${GENERATED} generated cases: the outcome is the same ${RUNS} times`, async () => {
  using batch = new Batch(1);
  const generator = new Generator(11n, examiner.machine);
  for (let index = 0; index < GENERATED; index++) {
    // The first are the seeds, which resemble the cases above.
    generator.generate(batch, 0, 5000 + index);
    const it = batch.at(0);
    const program = write(`generated ${index}`, it);
    compileCase(program);
    await expectSame(program, it);
    rmSync(program);
  }
});

/** The kernel's headers are no part of musl. */
const MUSL = ["x86_64-linux-gnu", ""].flatMap((name) => ["-idirafter", `/usr/include/${name}`]);

for (const [compiler, ...flags] of [["gcc"], ["clang"], ["musl-gcc", ...MUSL]] as const) {
  const withCompiler = needs(programs, compiler);
  withCompiler(`${compiler} compiles each kind without a warning`, async () => {
    for (const [name, document] of KINDS) {
      const it = caseOf(document);
      const program = write(`${compiler} ${name}`, it);
      compileCase(program, { compiler, flags });
      await expectSame(program, it, 1);
    }
  });
}

/** A null selector in fs, which TCG keeps. */
const NULL_FS = caseOf({ code: "nops", registers: { fs: "0x3" } });
const RF = 0x1_0000n;

programs("known deviations are predicted, and the flags of the list are not compared", () => {
  using knowing = new Examiner({ known: "qemu-tcg" });
  const { machine } = knowing;
  const examination = knowing.examine(NULL_FS);
  const flags = examination.predicted.get("stopped.eflags") ?? 0n;
  const summaryOf = (eflags: bigint, known?: "qemu-tcg") => {
    const predicted = new Map([...examination.predicted, ["stopped.eflags", eflags]]);
    const program = join(folder, "known");
    const text = exportC({ ...examination, predicted }, { machine, known });
    writeFileSync(`${program}.c`, text);
    compileCase(program);
    const { stdout, status } = spawnSync(program, { encoding: "utf8" });
    assert.is(status, 0, stdout);
    assert.is(text.includes("fuzz replay - --known qemu-tcg <<"), known !== undefined);
    const [, differing] = /(\d+) fields are not as predicted/.exec(stdout) ?? [];
    return { differs: Number(differing), fs: /^stopped\.fs .*not as predicted$/m.test(stdout) };
  };
  const { differs, fs } = summaryOf(flags, "qemu-tcg");
  assert.ok(fs, "Linux clears a null selector");
  assert.is(differs, examination.differences.length);
  assert.is(summaryOf(flags ^ RF, "qemu-tcg").differs, differs);
  assert.is(summaryOf(flags ^ 1n, "qemu-tcg").differs, differs + 1);
  assert.is(summaryOf(flags ^ RF).differs, differs + 1);
});

const withTidy = needs(programs, "clang-tidy");
withTidy("clang-tidy finds nothing in any kind", () => {
  assert.ok(WAYS.every((way) => KINDS.has(way)));
  const sources = [...KINDS].map(([name, document]) => `${write(name, caseOf(document))}.c`);
  const rules = ["--config-file=.clang-tidy", "--quiet"];
  const { status, stdout } = spawnSync("clang-tidy", [...rules, ...sources, "--", "-std=c11"]);
  assert.is(status, 0, String(stdout));
});
