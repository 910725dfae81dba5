import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FACTS } from "../src/fuzz/conformance/facts.ts";
import { lookAt } from "../src/fuzz/conformance/run.ts";
import { readMachine } from "../src/fuzz/machine.ts";
import { Trier } from "../src/fuzz/trial.ts";

const conformance = suite("stublab conformance");

conformance("there are at least 300 facts, and no two have one name", () => {
  assert.ok(FACTS.length >= 300, `${FACTS.length}`);
  const names = FACTS.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  assert.equal(twice, []);
});

conformance("all facts hold on this kernel", () => {
  using trier = new Trier();
  assert.ok(trier.pid > 0);
  const machine = readMachine(trier.tracer);
  const failures = [...lookAt(FACTS, trier, machine)].filter(({ held }) => held === false);
  const text = failures.map((verdict) => {
    const unmet = "unmet" in verdict ? verdict.unmet : [];
    const fields = unmet.map(
      ({ field, expected, seen }) =>
        `  ${field}: expected ${expected.toString(16)}, seen ${seen?.toString(16)}`,
    );
    return [verdict.fact.name, ...fields].join("\n");
  });
  assert.is(text.join("\n"), "");
});

conformance.run();
