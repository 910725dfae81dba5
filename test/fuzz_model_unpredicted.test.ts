import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../src/fuzz/case/batch.ts";
import { formatCase } from "../src/fuzz/case/case.ts";
import { writeSetup } from "../src/fuzz/case/case_record.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { rules } from "../src/fuzz/predict/rules.ts";
import { BORDERS, hiding } from "./hidden_cases.ts";

const unpredicted = suite("fuzz: what the model does not predict");
const batch = new Batch(1);

unpredicted("each rule about it has cases on both sides of its border", () => {
  const all = rules().filter(({ phase }) => phase === "unpredicted");
  assert.equal(
    BORDERS.map(({ rule }) => rule),
    all.map(({ id }) => id),
  );
});

for (const { rule, machine, hidden, predicted } of BORDERS) {
  const model = new Model(machine);
  unpredicted(`${rule} hides its own cases, and the nearest others are predicted`, () => {
    for (const [cases, expected] of [
      [hidden, [rule]],
      [predicted, []],
    ] as const) {
      for (const it of cases) {
        writeSetup(it, batch, 0);
        assert.equal(hiding(model, batch), expected, JSON.stringify(formatCase(it)));
      }
    }
  });
}

unpredicted.run();
