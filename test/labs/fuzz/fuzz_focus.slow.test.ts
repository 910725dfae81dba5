import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../../../src/labs/fuzz/case/batch.ts";
import { Generator } from "../../../src/labs/fuzz/draw/generate.ts";
import { fuzz } from "../../../src/labs/fuzz/fuzz.ts";
import { Focus } from "../../../src/labs/fuzz/predict/focus.ts";
import { Model } from "../../../src/labs/fuzz/predict/model.ts";
import { readThisMachine } from "../../../src/labs/fuzz/predict/predict.ts";
import type { FuzzOptions } from "../../../src/labs/fuzz/run/options.ts";
import { ROUND } from "../../../src/labs/fuzz/run/round.ts";
import { InputError } from "../../../src/lib/errors.ts";
import { AMD, machineWith } from "../../support/hidden_cases.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { rejection } from "../../support/thrown.ts";
import "../../support/hermetic.ts";

const focusing = suite("fuzz: cases near one rule");

const folder = temporaryFolder();

const CASES = 1 << 14;
/** After the seeds. */
const FROM = 1_000_000;
const BATCH = 512;
const machine = machineWith("fsgsbase", "ia32", ...AMD, "set_syscall_info");
const model = new Model(machine);
const batch = new Batch(BATCH);

/** Of CASES cases those whose predictions use a rule. */
function uses(rule: string, generator: Generator): number {
  let cases = 0;
  for (let index = FROM; index < FROM + CASES; index += BATCH) {
    generator.generate(batch, 0, index, BATCH);
    for (let i = 0; i < BATCH; i++) if (model.uses(batch, i, rule)) cases++;
  }
  return cases;
}

const generatorWith = (focus?: Focus) =>
  new Generator(1n, undefined, { path: "both", ...(focus && { focus: focus.setups }) });

for (const rule of ["W19", "W39", "R9", "R31", "R32", "R46", "R54", "R62", "U7", "U12"]) {
  focusing(`${rule}, which few cases use, is used by a hundred times as many`, () => {
    const focus = new Focus(rule, machine, generatorWith());
    const without = uses(rule, generatorWith());
    const near = uses(rule, generatorWith(focus));
    assert.ok(near >= 100 * Math.max(without, 1) && near < CASES, `${without} and ${near}`);
  });
}

/** Why a run is refused. */
async function refusal(options: FuzzOptions): Promise<string> {
  const error = await rejection(fuzz(options));
  assert.instance(error, InputError);
  return String(error);
}

/** What the result of a run has. */
async function run(options: FuzzOptions) {
  const { focus, state } = await fuzz(options);
  return [focus, state.counts, state.corpus.map(({ signature, index }) => [signature, index])];
}

const R54 = { focus: "R54", seed: 3n, cases: ROUND + 1000 };

focusing(
  "a run is the same with any number of workers, and a folder continues with it",
  async () => {
    const [corpus, cases] = [join(folder, "run"), R54.cases];
    const whole = await run(R54);
    assert.equal(await run({ ...R54, workers: 2 }), whole);
    await run({ ...R54, cases: ROUND, corpus });
    assert.equal(await run({ cases, corpus }), whole);
    assert.match(readFileSync(join(corpus, "journal.jsonl"), "utf8"), /^{.+"focus":"R54"/);
    const other = await refusal({ cases, corpus, focus: "R53" });
    assert.match(other, "has a run with focus R54, and this is one with focus R53");
  },
);

focusing("a rule that is unknown, or does not hold here, is refused", async () => {
  const unknown = await refusal({ focus: "R7O" });
  assert.match(unknown, /options\.focus: there is no rule "R7O"; did you mean R\d/);
  const { features } = readThisMachine();
  const absent = features.includes("set_syscall_info") ? "W24" : "W16";
  const elsewhere = await refusal({ focus: absent, cases: 0 });
  assert.match(elsewhere, `focus: rule ${absent} does not hold on this machine`);
});

focusing.run();
