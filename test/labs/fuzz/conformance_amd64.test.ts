import { constants } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Experiment } from "../../../src/labs/fuzz/experiment.ts";
import type { SetupCheck, SetupFact } from "../../../src/labs/fuzz/facts/fact.ts";
import { FACTS, SETUP_FACTS } from "../../../src/labs/fuzz/facts/facts.ts";
import { missing } from "../../../src/labs/fuzz/facts/needs.ts";
import { lookAt } from "../../../src/labs/fuzz/facts/run.ts";
import { type CasePrediction, predict } from "../../../src/labs/fuzz/predict/predict.ts";
import type { Machine } from "../../../src/labs/fuzz/try/machine.ts";
import { hex } from "../../../src/lib/errors.ts";
import { AMD, machineWith } from "../../support/hidden_cases.ts";
import { forbidCalls } from "../../support/libc.ts";

/** Machines for which all fields are predicted alike, wherever the test runs. */
const NEW = ["fsgsbase", "ia32", ...AMD, "uretprobe", "set_syscall_info", "uprobe"] as const;
const FOUR_LEVELS = machineWith(...NEW);
const FIVE_LEVELS = machineWith(...NEW, "la57");

/** The fields that a fact expects and the model does not predict, each with the rule that says so. */
const OPEN: readonly string[] = [];

const conformance = suite("facts that are cases");

conformance("no two facts have one name", () => {
  const names = FACTS.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

conformance("no two checks of a fact have one name", () => {
  for (const { name, checks } of SETUP_FACTS) {
    assert.is(new Set(checks.map((check) => check.name)).size, checks.length, name);
  }
});

/** The checks of cases that a machine allows. */
function* checksFor(machine: Machine): Generator<readonly [SetupFact, SetupCheck]> {
  for (const fact of SETUP_FACTS) {
    for (const check of fact.checks) {
      if (missing(check, machine) === undefined) yield [fact, check];
    }
  }
}

/** Where the model contradicts a check, or leaves out a field or a rule without a reason. */
function contradictions(
  fact: SetupFact,
  { name, expected }: SetupCheck,
  { predicted, unpredicted, rules }: CasePrediction,
): string[] {
  const ids = rules.map(({ id }) => id);
  const isOpen = unpredicted !== null || ids.some((id) => id.startsWith("U"));
  const fields = [...expected].flatMap(([field, word]) => {
    const its = predicted.get(field);
    if (its === word || (its === undefined && isOpen)) return [];
    return [
      `${field}: the fact has ${hex(word)}, the model ${its === undefined ? "nothing" : hex(its)}`,
    ];
  });
  const unnamed = fact.rules.filter((id) => !ids.includes(id));
  const applied = unnamed.map((id) => `${id} is not among ${ids.join(" ")}`);
  return [...fields, ...applied].map((text) => `${fact.name} (${name}): ${text}`);
}

for (const [name, machine] of Object.entries({ FOUR_LEVELS, FIVE_LEVELS })) {
  conformance(`the model agrees with every case of ${name}, and leaves open what is listed`, () => {
    const wrong: string[] = [];
    const open: string[] = [];
    for (const [fact, check] of checksFor(machine)) {
      const prediction = predict(check.it, { machine });
      wrong.push(...contradictions(fact, check, prediction));
      for (const field of check.expected.keys()) {
        if (prediction.predicted.has(field)) continue;
        open.push(`${fact.name} (${check.name}): ${field}: ${prediction.unpredicted}`);
      }
    }
    assert.is(wrong.join("\n"), "");
    assert.equal(open, OPEN);
  });
}

conformance.run();

// What a thread is forbidden is forbidden for good, so this comes last.
const forbidden = suite("stublab conformance where process_vm_readv is refused");
const SYS_PROCESS_VM_READV = 310;
const { EPERM, ENOSYS } = constants.errno;

for (const [name, errno] of Object.entries({ EPERM, ENOSYS })) {
  forbidden(`facts about signal frames hold with ${name}`, () => {
    forbidCalls([SYS_PROCESS_VM_READV], errno);
    const facts = SETUP_FACTS.filter(({ group }) => group === "signal frames");
    assert.ok(facts.length > 5, `${facts.length}`);
    using experiment = new Experiment();
    for (const { fact, status } of lookAt(facts, experiment)) assert.is(status, "held", fact.name);
  });
}

forbidden.run();
