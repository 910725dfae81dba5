// Time limit: 300 s

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, formatCase, readSetup, writeSetup } from "../src/fuzz/case/case.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { changedWords, minimize } from "../src/fuzz/predict/minimize.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { type Mutant, mutants } from "../src/fuzz/predict/mutants.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";

/** Of all mutants every so manieth is made small; in a soak each. */
const EVERY = process.env.SOAK ? 1 : 8;
const SEED = 1n;
const BATCH = 512;
/** So long the kernel may be asked for one mutant, in seconds, and so many cases it may be asked about. */
const MOST_SECONDS = 60;
const MOST_CASES = 2_000_000;
const MOST_WORDS = 3;
const NANOSECONDS = 1e9;

const planted = suite("fuzz: bugs planted in the model");

const trier = new Trier();
const { constants } = trier.tracer.encoder;
const machine = readMachine(trier.tracer);
const right = new Model(machine);
const batch = new Batch(BATCH);
const single = new Batch(1);

interface Found {
  readonly it: Case;
  readonly seconds: number;
}

const all = mutants(machine);
const found = findAll();

/** The first case for each mutant that comes otherwise than it says. All are told from the same cases. */
function findAll(): ReadonlyMap<Mutant, Found> {
  const generator = new Generator(SEED, undefined, { ...machine, path: "both" });
  const first = new Map<Mutant, Found>();
  let left = all.map((mutant) => ({ mutant, model: new Model(machine, mutant.change) }));
  let seconds = 0;
  for (let done = 0; done < MOST_CASES && left.length > 0; done += BATCH) {
    const start = process.hrtime.bigint();
    generator.generate(batch, 0, done, BATCH);
    trier.run(batch, BATCH);
    seconds += Number(process.hrtime.bigint() - start) / NANOSECONDS;
    left = left.filter(({ mutant, model }) => {
      const i = firstDifference(model);
      if (i < 0) return true;
      first.set(mutant, { it: readSetup(batch, i), seconds });
      return false;
    });
  }
  return first;
}

function firstDifference(model: Model): number {
  for (let i = 0; i < BATCH; i++) {
    if (model.differs(batch, i)) return i;
  }
  return -1;
}

planted("the model as it is has no bug that these cases find", () => {
  const generator = new Generator(SEED, undefined, { ...machine, path: "both" });
  generator.generate(batch, 0, 0, BATCH);
  trier.run(batch, BATCH);
  assert.is(firstDifference(right), -1);
});

planted("there are many, of every rule that holds here", () => {
  assert.ok(all.length >= 300, `${all.length} mutants`);
});

planted("each is found", () => {
  assert.equal(
    all.filter((mutant) => !found.has(mutant)).map(({ name }) => name),
    [],
  );
  const slow = [...found].filter(([, { seconds }]) => seconds > MOST_SECONDS);
  assert.equal(
    slow.map(([{ name }, { seconds }]) => `${name}: ${seconds} s`),
    [],
  );
});

/** Whether a case comes otherwise than a wrong model says. */
function tells(wrong: Model, it: Case): boolean {
  writeSetup(it, single, 0);
  trier.run(single, 1);
  return wrong.differs(single, 0);
}

for (const [k, mutant] of all.entries()) {
  if (k % EVERY !== 0) continue;
  planted(`${mutant.name} is told by at most ${MOST_WORDS} words`, () => {
    const first = found.get(mutant);
    if (first === undefined) throw new Error("it is not found");
    const wrong = new Model(machine, mutant.change);
    const small = minimize(first.it, (it) => tells(wrong, it));
    assert.ok(changedWords(small) <= MOST_WORDS, JSON.stringify(formatCase(small, constants)));
  });
}

planted.after(() => trier.close());
planted.run();
