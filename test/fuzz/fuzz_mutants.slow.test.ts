import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Case, formatCase } from "../../src/fuzz/case/case.ts";
import { Generator } from "../../src/fuzz/draw/generate.ts";
import { Examiner } from "../../src/fuzz/examiner.ts";
import { Experiment } from "../../src/fuzz/experiment.ts";
import { changedWords } from "../../src/fuzz/predict/minimize.ts";
import { Model } from "../../src/fuzz/predict/model.ts";
import { type Mutant, mutants } from "../../src/fuzz/predict/mutants.ts";
import "../support/hermetic.ts";

/** One in so many mutants is minimized; in a soak each. */
const EVERY = process.env.SOAK ? 1 : 10;
const BATCH = 512;
/** The most cases that are tried, and the longest time that they may take until a mutant is found, in milliseconds. */
const [MOST_CASES, MOST_TIME] = [2_000_000, 60_000];
const MOST_WORDS = 3;
const MORE_WORDS: ReadonlyMap<string, number> = new Map([
  // 32-bit code, the segment, an address where it has nothing, and an instruction that reads there.
  ["U8 removed", 4],
  // 32-bit code, a segment, the last address of 4 GB, and an instruction that writes there.
  ["R113 removed", 4],
]);
const planted = suite("fuzz: bugs planted in the model");

const experiment = new Experiment({ capacity: BATCH });
const { machine } = experiment;
planted.after(() => experiment.close());
const generator = new Generator(1n, undefined, { ...machine, path: "both" });

const all = mutants(machine);
const found = findAll();

/** For each mutant the first case that differs from what it predicts. All mutants look at the same cases. */
function findAll(): ReadonlyMap<Mutant, { readonly it: Case; readonly time: number }> {
  const first = new Map<Mutant, { it: Case; time: number }>();
  const left = new Map(all.map((mutant) => [mutant, new Model(machine, mutant.change)]));
  let time = 0;
  for (let index = 0; index < MOST_CASES && left.size > 0; index += BATCH) {
    const start = performance.now();
    experiment.draw(generator, index);
    time += performance.now() - start;
    for (const [mutant, model] of left) {
      for (const i of experiment.differing(model)) {
        first.set(mutant, { it: experiment.batch.at(i), time });
        left.delete(mutant);
        break;
      }
    }
  }
  return first;
}

planted("the model without a bug agrees with the same cases", () => {
  experiment.draw(generator, 0);
  assert.equal([...experiment.differing()], []);
});

planted("each rule that holds here has mutants, and each mutant is found in time", () => {
  assert.ok(all.length >= 300, `${all.length} mutants`);
  const late = all.filter((mutant) => !((found.get(mutant)?.time ?? MOST_TIME) < MOST_TIME));
  assert.equal(
    late.map(({ name }) => name),
    [],
  );
});

for (const [k, mutant] of all.entries()) {
  if (k % EVERY !== 0) continue;
  const { name, change } = mutant;
  const most = MORE_WORDS.get(name) ?? MOST_WORDS;
  planted(`${name}: at most ${most} words show it`, () => {
    const original = found.get(mutant)?.it;
    if (original === undefined) throw new Error("it is not found");
    using examiner = new Examiner({ change });
    const it = examiner.minimize(original);
    assert.ok(changedWords(it) <= most, JSON.stringify(formatCase(it)));
    assert.ok(examiner.examine(it).differences.length > 0);
  });
}

planted.run();
