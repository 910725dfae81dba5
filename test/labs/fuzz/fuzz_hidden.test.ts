import { SCRATCH } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { formatPlant, parsePlant } from "../../../src/labs/fuzz/predict/plant.ts";
import { rules } from "../../../src/labs/fuzz/predict/rules.ts";
import { HERMETIC } from "../../support/hermetic.ts";
import { bordersOf, hiding } from "../../support/hidden_cases.ts";
import { hidingMutants } from "../../support/model_mutants.ts";

const hidden = suite("fuzz: rules that hide more than they say");

const machine = HERMETIC;
const BORDERS = bordersOf(readFileSync("test/support/borders.jsonl", "utf8"));

const CASES = 1 << 16;
const BATCH = 512;
const batch = new Batch(BATCH);

/** For each rule the cases among 100,000 drawn ones that it may hide: about three times what it hides. */
const MOST: Readonly<Record<string, number>> = {
  ...{ U1: 900, U2: 20, U3: 200, U5: 250, U6: 60, U7: 120, U8: 20 },
  ...{ U9: 0, U11: 300, U12: 90, U13: 20, U19: 0, U20: 5, U21: 0 },
};

/** How many of 100,000 drawn cases each rule hides. */
function shares(model: Model): Map<string, number> {
  const cases = new Map<string, number>();
  const generator = new Generator(1n, { ...machine, path: "both" });
  for (let index = 0; index < CASES; index += BATCH) {
    generator.generate(batch, 0, index, BATCH);
    for (let i = 0; i < BATCH; i++) {
      const { unpredicted } = model.predict(batch, i);
      if (unpredicted !== null) cases.set(unpredicted, (cases.get(unpredicted) ?? 0) + 1);
    }
  }
  return new Map([...cases].map(([rule, number]) => [rule, (1e5 * number) / CASES]));
}

const exceeded = (found: ReadonlyMap<string, number>): string[] =>
  [...found].filter(([rule, share]) => share > (MOST[rule] ?? 0)).map(([rule]) => rule);

hidden("each hides a small share of the cases", () => {
  assert.equal(exceeded(shares(new Model(machine))), []);
});

hidden("each rule has cases on both sides of its border", () => {
  const all = rules().filter(({ phase }) => phase === "unpredicted");
  lists(
    BORDERS,
    all.map(({ id }) => id),
    ({ rule }) => rule,
  );
});

for (const { rule, machine, hidden: own, predicted } of BORDERS) {
  hidden(`${rule} hides its own cases, and the nearest others are predicted`, () => {
    const model = new Model(machine);
    for (const it of [...own, ...predicted]) {
      const expected = own.includes(it) ? [rule] : [];
      assert.equal(hiding(it, model), expected, JSON.stringify(formatCase(it)));
    }
  });
}

const mutants = hidingMutants();

hidden("--plant accepts the text of each mutant", () => {
  for (const { change } of mutants) assert.equal(parsePlant(formatPlant(change)), change);
});

hidden("a mutant that hides more, or less, contradicts the cases at the rule's border", () => {
  const missed = mutants.filter(({ rule, change }) => {
    const border = BORDERS.find((each) => each.rule === rule);
    if (border === undefined) return true;
    const model = new Model(border.machine, change);
    const hides = (it: Case) => hiding(it, model).includes(rule);
    return border.hidden.every(hides) && !border.predicted.some(hides);
  });
  lists(missed, [], ({ name }) => name);
});

hidden("a rule that applies everywhere exceeds its share, too", () => {
  const wide = mutants.filter(({ change }) => "widen" in change);
  const seen = wide.filter(
    ({ rule, change }) => !exceeded(shares(new Model(machine, change))).includes(rule),
  );
  // These hide a register of a case, or bytes, not the case; and what only further steps do.
  lists(seen, ["U9", "U11", "U22", "U25", "U31", "U32", "U33", "U34"], ({ rule }) => rule);
});

hidden("U7: POPF that a program wrote shows TF, which the model without the rule denies", () => {
  const POPF = 0x9d9d_9d9d_9d9d_9d9dn;
  using experiment = new Experiment({ capacity: 2, change: { id: "U7", remove: true } });
  const step = seed("int3", { rip: SCRATCH }, { on: "SINGLESTEP" });
  const differing = [0n, POPF].map((rax) => {
    experiment.try([seed("store", { rax, rdi: SCRATCH }), step]);
    return experiment.differences(1).map(({ field }) => field);
  });
  assert.equal(differing, [[], ["stopped.eflags"]]);
});
