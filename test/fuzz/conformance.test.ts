import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FACTS } from "../../src/fuzz/facts/facts.ts";
import { failureLines } from "../../src/fuzz/facts/failures.ts";
import { lookAt } from "../../src/fuzz/facts/run.ts";
import { knownFacts } from "../../src/fuzz/known/known_facts.ts";
import { readMachine } from "../../src/fuzz/try/machine.ts";
import { Trier } from "../../src/fuzz/try/trial.ts";

const conformance = suite("stublab conformance");

conformance("no two facts have one name", () => {
  const names = FACTS.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

conformance("all facts hold on this kernel", () => {
  // A machine of npm run kernels may be emulated.
  const known = process.env.ON_MACHINE === undefined ? undefined : knownFacts("qemu-tcg");
  using trier = new Trier();
  const verdicts = [
    ...lookAt(FACTS, { trier, machine: readMachine(trier.tracer) }, undefined, known),
  ];
  const failures = verdicts.filter(({ status }) => status === "failed");
  assert.equal(
    failures.map((verdict) => [verdict.fact.name, ...failureLines(verdict)].join("\n  ")),
    [],
  );
});

conformance.run();
