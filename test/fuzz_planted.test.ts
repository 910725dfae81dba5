// Time limit: 300 s
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, readSetup, writeSetup } from "../src/fuzz/case/case.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { Examiner } from "../src/fuzz/predict/examiner.ts";
import { changedWords } from "../src/fuzz/predict/minimize.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { type Mutant, mutants } from "../src/fuzz/predict/mutants.ts";
import { writeFinding } from "../src/fuzz/tell/finding.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";

const planted = suite("fuzz: planted bugs, from the case to the program");

const RUNS = 20;
const BATCH = 256;
/** One in so many mutants is taken all the way; with SOAK in the environment, each. */
const TAKEN = process.env.SOAK ? 1 : 12;
/** How many cases are tried, at most, until all are found. */
const CASES = 4000 * BATCH;

const folder = mkdtempSync(join(tmpdir(), "stublab-test-"));
planted.after(() => rmSync(folder, { recursive: true, force: true }));

/** The first case that each mutant has another prediction for than the kernel has an outcome. */
function find(all: readonly Mutant[]): Map<Mutant, Case> {
  using trier = new Trier();
  assert.ok(trier.pid > 0);
  const machine = readMachine(trier.tracer);
  const models = new Map(all.map((mutant) => [mutant, new Model(machine, mutant.change)]));
  const generator = new Generator(3n, undefined, { ...machine, path: "both" });
  const batch = new Batch(BATCH);
  const found = new Map<Mutant, Case>();
  for (let start = 0; start < CASES && found.size < all.length; start += BATCH) {
    for (let i = 0; i < BATCH; i++) {
      generator.generate(batch, i, start + i);
      writeSetup(readSetup(batch, i), batch, i);
    }
    trier.run(batch, BATCH);
    for (const [mutant, model] of models) {
      for (let i = 0; i < BATCH && !found.has(mutant); i++) {
        if (model.differs(batch, i)) found.set(mutant, readSetup(batch, i));
      }
      if (found.has(mutant)) models.delete(mutant);
    }
  }
  return found;
}

function run(program: string): Promise<[status: number | string, output: string]> {
  return new Promise((resolve) => {
    execFile(program, (error, stdout, stderr) => {
      resolve([error === null ? 0 : (error.code ?? "a signal"), stdout + stderr]);
    });
  });
}

planted(
  "each is found, has at most 3 changed words, and its program shows it each time",
  async () => {
    using examiner = new Examiner();
    const chosen = mutants(examiner.machine).filter((_, i) => i % TAKEN === 0);
    const found = find(chosen);
    const wrong = chosen
      .filter((mutant) => !found.has(mutant))
      .map(({ name }) => `${name}: not found`);
    for (const [{ name, change }, it] of found) {
      using mutated = new Examiner({ change });
      const small = mutated.minimize(it);
      const examination = mutated.examine(small);
      const words = changedWords(small);
      if (examination.differences.length === 0) wrong.push(`${name}: lost`);
      if (words > 3) wrong.push(`${name}: ${words} words`);
      const target = writeFinding(
        folder,
        {
          signature: name.replaceAll(/\W+/g, "_"),
          examination,
          original: it,
          seenFirst: { field: "error", predicted: null, seen: null },
          machine: mutated.machine,
          found: "a test",
        },
        mutated.constants,
      );
      const program = join(target, "repro");
      const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-o", program];
      execFileSync(process.env.CC || "cc", [...flags, join(target, "repro.c")]);
      const results = await Promise.all(Array.from({ length: RUNS }, () => run(program)));
      for (const [status, output] of results) {
        if (status === 0 && /^[1-9]\d* fields are not as predicted, and 0 /m.test(output)) continue;
        wrong.push(
          `${name}: status ${status}\n${JSON.stringify(small.block.map(String))}\n${output}`,
        );
        break;
      }
    }
    assert.is(wrong.join("\n"), "");
  },
);

planted.run();
