import { suite } from "uvu";
import * as assert from "uvu/assert";
import { indexOf, REGISTERS } from "../../../src/labs/fuzz/case/amd64/kinds.ts";
import { Batch } from "../../../src/labs/fuzz/case/batch.ts";
import { formatCase } from "../../../src/labs/fuzz/case/case.ts";
import { fuzzModule } from "../../../src/labs/fuzz/case/module.ts";
import { OUTCOME, outcomeAt, SETUP, setupAt } from "../../../src/labs/fuzz/case/records.ts";
import { Generator } from "../../../src/labs/fuzz/draw/generate.ts";
import { Engine } from "../../../src/labs/fuzz/engine.ts";
import { Experiment } from "../../../src/labs/fuzz/experiment.ts";
import type { Change } from "../../../src/labs/fuzz/predict/model.ts";
import { formatPlant } from "../../../src/labs/fuzz/predict/plant.ts";
import { rules as rulesOf } from "../../../src/labs/fuzz/predict/rules.ts";
import { SIMPLE } from "../../support/seeds.ts";
import { stubsOf } from "../../support/stubs.ts";

const rules = suite("fuzz: rules of rt_sigreturn");

const SIZE = 256;
const CASES = process.env.SOAK ? 10_000_000 : 250_000;
const SEED = 6n;

/** Halves of an outcome that both paths show: all but orig_rax, which is in no frame. */
const SHOWN = [
  ...[OUTCOME.status, OUTCOME.signal, OUTCOME.code, OUTCOME.address, OUTCOME.address + 1],
  ...REGISTERS.flatMap((_, k) => [OUTCOME.stopped + 2 * k, OUTCOME.stopped + 2 * k + 1]),
].filter((half) => Math.floor((half - OUTCOME.stopped) / 2) !== indexOf("orig_rax"));

/**
 * Tries cases by both paths until one differs, and returns that case. ptrace writes the registers to which rt_sigreturn
 * leads by the rules: what comes after that is compared without a model.
 */
function firstDifference(cases: number, change?: Change): string | undefined {
  // A case without its trap flag may never stop.
  const engine = new Engine({ deadline: change === undefined ? 5000 : 100 });
  using experiment = new Experiment({ capacity: SIZE, change }, engine);
  using traced = new Batch(SIZE);
  const { model, batch: returned } = experiment;
  traced.put(Array(SIZE).fill(SIMPLE));
  const generator = new Generator(SEED, { path: "sigreturn" });
  for (let done = 0; done < cases; done += SIZE) {
    experiment.draw(generator, done);
    for (let i = 0; i < SIZE; i++) {
      // It puts the module's rules to use.
      model.predict(returned, i);
      const block = traced.setups.byteOffset + 4 * (setupAt(i) + SETUP.words);
      fuzzModule().putReturned(returned.setups.byteOffset + 4 * setupAt(i), block);
    }
    engine.run(traced, SIZE);
    const { returning: own, traced: other } = stubsOf(engine);
    const pids = [own, other];
    for (let i = 0; i < SIZE; i++) {
      const halves = ({ outcomes }: Batch) => outcomes.subarray(outcomeAt(i), outcomeAt(i + 1));
      const [one, other] = [halves(returned), halves(traced)];
      // Each stub sees its own pid in the result of a getpid.
      const differs = SHOWN.some(
        (half) => one[half] !== other[half] && !(one[half] === pids[0] && other[half] === pids[1]),
      );
      // ptrace has nothing like a frame whose floating point is refused. After a refused return the kernel reads the
      // memory at rip, in which only this path has images of floating point.
      const isOwn =
        returned.at(i).frame?.image !== undefined ||
        model.predict(returned, i).unpredicted === "U12";
      if (differs && !isOwn)
        return `case ${done + i}: ${JSON.stringify(formatCase(returned.at(i)))}`;
    }
  }
  return undefined;
}

rules(`both paths have the same outcome, apart from what the rules say (${CASES} cases)`, () => {
  assert.is(firstDifference(CASES), undefined);
});

/** Those about registers; the others are about floating point. */
const RETURN_RULES = rulesOf().filter(({ id }) => /^S[1-7]$/.test(id));
const FLAGS = RETURN_RULES.find(({ id }) => id === "S4")?.values.FIX_EFLAGS ?? 0n;
const CHANGES: readonly Change[] = [
  ...RETURN_RULES.map(({ id }) => ({ id, remove: true }) as const),
  { id: "S2", value: "mask", to: 0xffn },
  { id: "S2", value: "level", to: 2n },
  { id: "S3", value: "code64", to: 0x23n },
  { id: "S3", value: "flag", to: 2n },
  { id: "S3", value: "flag", to: 0n },
  { id: "S3", value: "data", to: 0x33n },
  // NT, as by ptrace; then each flag that is taken.
  { id: "S4", value: "FIX_EFLAGS", to: FLAGS | 0x4000n },
  ...[0, 2, 4, 6, 7, 8, 10, 11, 16, 18].map((bit) => ({
    ...{ id: "S4", value: "FIX_EFLAGS" },
    to: FLAGS & ~(1n << BigInt(bit)),
  })),
  { id: "S4", value: "flags", to: 0x4202n },
  { id: "S5", value: "none", to: 39n },
];

for (const change of CHANGES) {
  rules(`the outcomes differ: ${formatPlant(change)}`, () => {
    assert.type(firstDifference(50_000, change), "string");
  });
}

rules.run();
