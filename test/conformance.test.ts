import { constants } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../src/errors.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { writeSetup } from "../src/fuzz/case/case.ts";
import { fieldsOf } from "../src/fuzz/case/fields.ts";
import type { Fact } from "../src/fuzz/facts/fact.ts";
import { FACTS } from "../src/fuzz/facts/facts.ts";
import { lookAt, missing } from "../src/fuzz/facts/run.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";
import { forbidCalls } from "./libc.ts";

const conformance = suite("stublab conformance");

conformance("there are at least 300 facts, and no two have one name", () => {
  assert.ok(FACTS.length >= 300, `${FACTS.length}`);
  const names = FACTS.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  assert.equal(twice, []);
});

conformance("all facts hold on this kernel", () => {
  expectAll(FACTS);
});

conformance(
  "the model and the facts agree, and the rule that a fact names has a part in it",
  () => {
    using trier = new Trier();
    assert.ok(trier.pid > 0);
    const machine = readMachine(trier.tracer);
    const model = new Model(machine);
    const batch = new Batch(1);
    const wrong: string[] = [];
    let [known, all] = [0, 0];
    for (const fact of FACTS) {
      if (missing(fact, machine) !== undefined) continue;
      writeSetup(fact.it, batch, 0);
      const prediction = model.predict(batch, 0);
      const predicted = fieldsOf(fact.it, prediction.outcome, prediction);
      all++;
      if (prediction.unpredicted === null) known++;
      for (const [field, expected] of fact.expected) {
        const word = predicted.get(field);
        if (word === undefined || word === expected) continue;
        wrong.push(`${fact.name}: ${field}: the fact has ${hex(expected)}, the model ${hex(word)}`);
      }
      const applied = model.explain(batch, 0).map(({ id }) => id);
      const isRule = /^[A-Z]\d+$/.test(fact.rule);
      if (isRule && !applied.includes(fact.rule)) {
        wrong.push(`${fact.name}: ${fact.rule} is not among ${applied.join(" ")}`);
      }
    }
    assert.is(wrong.join("\n"), "");
    // The facts are not among what the model gives up on.
    assert.ok(known >= 0.98 * all, `${known} of ${all}`);
  },
);

conformance.run();

/** Expects that all of some facts hold. */
function expectAll(facts: readonly Fact[]): void {
  using trier = new Trier();
  assert.ok(trier.pid > 0);
  const machine = readMachine(trier.tracer);
  const failures = [...lookAt(facts, trier, machine)].filter(({ held }) => held === false);
  const text = failures.map((verdict) => {
    const unmet = "unmet" in verdict ? verdict.unmet : [];
    const fields = unmet.map(
      ({ field, expected, seen }) =>
        `  ${field}: expected ${expected.toString(16)}, seen ${seen?.toString(16)}`,
    );
    return [verdict.fact.name, ...fields].join("\n");
  });
  assert.is(text.join("\n"), "");
}

// What a thread is forbidden is forbidden for good, so this comes last.
const forbidden = suite("stublab conformance where process_vm_readv is refused");
const SYS_PROCESS_VM_READV = 310;
const { EPERM, ENOSYS } = constants.errno;

for (const [name, errno] of Object.entries({ EPERM, ENOSYS })) {
  forbidden(`facts about signal frames hold with ${name}`, () => {
    forbidCalls([SYS_PROCESS_VM_READV], errno);
    const facts = FACTS.filter(({ expected }) =>
      [...expected.keys()].some((field) => field.startsWith("frame.")),
    );
    assert.ok(facts.length > 20, `${facts.length}`);
    expectAll(facts);
  });
}

forbidden.run();
