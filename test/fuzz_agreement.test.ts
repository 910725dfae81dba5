// Time limit: 120 s

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../src/errors.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { formatCase, readSetup } from "../src/fuzz/case/case.ts";
import { SetupList } from "../src/fuzz/case/setup_list.ts";
import { SETUP_SIZE } from "../src/fuzz/case/setups.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { differencesAt } from "../src/fuzz/predict/predicted.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";

/** In a soak as many as the model is claimed for. */
const CASES = process.env.SOAK ? 10_000_000 : 100_000;
const SEED = 6n;
const BATCH = 512;
/** Every so manieth case goes into the corpus, so that changes of changes are tried, too. */
const KEPT = 97;
const MOST_KEPT = 2000;
/** How many disagreements are told. */
const TOLD = 5;

const agreement = suite("fuzz: agreement of model and kernel");

/** A machine that has much else to do may be late, and that is no disagreement: in milliseconds. */
const DEADLINE = 10_000;

const trier = new Trier({ deadline: DEADLINE });
const { constants } = trier.tracer.encoder;
const machine = readMachine(trier.tracer);
const model = new Model(machine);
const batch = new Batch(BATCH);

/** Calls `look` after each case. */
function tryCases(look: (i: number, index: number) => void): void {
  let corpus = new SetupList();
  let next = new SetupList();
  let generator = new Generator(SEED, corpus, machine);
  for (let done = 0; done < CASES; done += BATCH) {
    generator.generate(batch, 0, done, BATCH);
    trier.run(batch, BATCH);
    for (let i = 0; i < BATCH; i++) {
      look(i, done + i);
      if ((done + i) % KEPT === 0 && next.length < MOST_KEPT) {
        next.add(batch.setupBytes.subarray(i * SETUP_SIZE, (i + 1) * SETUP_SIZE));
      }
    }
    if (next.length < MOST_KEPT) continue;
    corpus.close();
    [corpus, next] = [next, new SetupList()];
    generator = new Generator(SEED + BigInt(done), corpus, machine);
  }
}

agreement("what is predicted comes, and hardly anything is not predicted", () => {
  let unpredicted = 0;
  const disagreements: string[] = [];
  tryCases((i, index) => {
    const differs = model.differs(batch, i);
    if (model.prediction.unpredicted !== null) unpredicted++;
    if (!differs || disagreements.length >= TOLD) return;
    const fields = differencesAt(model.prediction, batch, i).map(
      ({ field, predicted, seen }) => `${field}: ${hex(predicted)}, but came ${seen && hex(seen)}`,
    );
    const told = JSON.stringify(formatCase(readSetup(batch, i), constants));
    disagreements.push(`case ${index} of seed ${SEED}: ${told}: ${fields.join("; ")}`);
  });
  assert.is(disagreements.join("\n"), "");
  const share = unpredicted / CASES;
  assert.ok(share <= 0.05, `${(100 * share).toFixed(2)} % are not predicted`);
});

agreement.after(() => trier.close());
agreement.run();
