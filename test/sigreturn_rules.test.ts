// Time limit: 300 s

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../src/fuzz/case/batch.ts";
import { formatCase, readSetup } from "../src/fuzz/case/case.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { type Change, Model } from "../src/fuzz/predict/model.ts";
import { formatPlant } from "../src/fuzz/predict/plant.ts";
import { differencesAt } from "../src/fuzz/predict/predicted.ts";
import { rules as rulesOf } from "../src/fuzz/predict/rules.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";
import { Equivalent, sameOutcome } from "./sigreturn_equivalent.ts";

const rules = suite("fuzz: rules of rt_sigreturn");

const SIZE = 256;
const CASES = process.env.SOAK ? 10_000_000 : 250_000;
const SEED = 6n;

/** Tries cases by both paths until one differs; answers that. */
function firstDifference(cases: number, change?: Change): string | undefined {
  // Without its trap flag a case may run for ever.
  const trier = new Trier({ deadline: change === undefined ? 5000 : 100 });
  try {
    const { encoder } = trier.tracer;
    const [returned, traced] = [new Batch(SIZE), new Batch(SIZE)];
    const generator = new Generator(SEED, undefined, { path: "sigreturn" });
    const equivalent = new Equivalent(change);
    for (let done = 0; done < cases; done += SIZE) {
      for (let i = 0; i < SIZE; i++) {
        generator.generate(returned, i, done + i);
        equivalent.write(returned, i, traced, i);
      }
      trier.run(returned, SIZE);
      trier.run(traced, SIZE);
      const pids = [trier.returningPid, trier.pid] as const;
      for (let i = 0; i < SIZE; i++) {
        if (sameOutcome(returned, traced, i, pids)) continue;
        const it = formatCase(readSetup(returned, i), encoder.constants);
        return `case ${done + i}: ${JSON.stringify(it)}`;
      }
    }
    return undefined;
  } finally {
    trier.close();
  }
}

rules(`both paths lead to the same, but for what the rules say (${CASES} cases)`, () => {
  assert.is(firstDifference(CASES), undefined);
});

rules(`the model predicts what comes of it (${CASES} cases)`, () => {
  const trier = new Trier({ deadline: 5000 });
  try {
    const batch = new Batch(SIZE);
    const generator = new Generator(SEED + 1n, undefined, { path: "sigreturn" });
    const model = new Model(readMachine(trier.tracer));
    let unpredicted = 0;
    for (let done = 0; done < CASES; done += SIZE) {
      generator.generate(batch, 0, done, SIZE);
      trier.run(batch, SIZE);
      for (let i = 0; i < SIZE; i++) {
        const differs = model.differs(batch, i);
        if (model.prediction.unpredicted !== null) unpredicted++;
        if (!differs) continue;
        const it = formatCase(readSetup(batch, i), trier.tracer.encoder.constants);
        assert.equal(
          differencesAt(model.prediction, batch, i),
          [],
          `${done + i}: ${JSON.stringify(it)}`,
        );
      }
    }
    assert.ok(unpredicted < CASES / 20, `${unpredicted} of ${CASES} are not predicted`);
  } finally {
    trier.close();
  }
});

const RETURN_RULES = rulesOf().filter(({ phase }) => phase === "return");
const FLAGS = RETURN_RULES.find(({ id }) => id === "S4")?.values.mask ?? 0n;
const CHANGES: readonly Change[] = [
  ...RETURN_RULES.map(({ id }) => ({ id, remove: true }) as const),
  { id: "S2", value: "mask", to: 0xffn },
  { id: "S2", value: "level", to: 2n },
  { id: "S3", value: "code", to: 0x23n },
  { id: "S3", value: "flag", to: 2n },
  { id: "S3", value: "flag", to: 0n },
  { id: "S3", value: "data", to: 0x33n },
  // NT, as by ptrace; then each that is taken.
  { id: "S4", value: "mask", to: FLAGS | 0x4000n },
  ...[0, 2, 4, 6, 7, 8, 10, 11, 16, 18].map((bit) => ({
    ...{ id: "S4", value: "mask" },
    to: FLAGS & ~(1n << BigInt(bit)),
  })),
  { id: "S4", value: "flags", to: 0x4202n },
  { id: "S5", value: "none", to: 39n },
];

for (const change of CHANGES) {
  rules(`it is noticed: ${formatPlant(change)}`, () => {
    assert.type(firstDifference(50_000, change), "string");
  });
}

rules.run();
