import { placeOf } from "../../../src/labs/fuzz/case/arch.ts";
import type { SetupCheck, SetupFact } from "../../../src/labs/fuzz/facts/fact.ts";
import { checkFacts } from "../../../src/labs/fuzz/facts/run.ts";
import { parseSetupFacts } from "../../../src/labs/fuzz/facts/setups.ts";
import type { Verdict } from "../../../src/labs/fuzz/facts/verdict.ts";
import { predict } from "../../../src/labs/fuzz/predict/predict.ts";
import type { CasePrediction } from "../../../src/labs/fuzz/predict/prediction.ts";
import { TraceError } from "../../../src/lib/errors.ts";
import { allows } from "../../support/feature_trials.ts";
import { AMD, machineWith } from "../../support/hidden_cases.ts";
import { forbidCalls } from "../../support/libc.ts";

/** Machines for which all fields are predicted alike, wherever the test runs. */
const NEW = ["fsgsbase", "ia32", ...AMD, "uretprobe", "set_syscall_info", "uprobe"] as const;
const FOUR_LEVELS = machineWith(...NEW);
const FIVE_LEVELS = machineWith(...NEW, "la57");
const WRAPPING = machineWith(...NEW, "iret_cuts_rip", "stack_wraps", "data_wraps");

/** The fields that a fact expects and the model does not predict, each with the rule that says so. */
const OPEN: readonly string[] = [];

const conformance = suite("facts");

conformance("no two facts have one name", () => {
  const names = allFacts().map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

conformance("no two checks of a fact have one name", () => {
  for (const { name, checks } of SETUP_FACTS) {
    assert.is(new Set(checks.map((check) => check.name)).size, checks.length, name);
  }
});

const HEAD = '{"fact": "it holds", "group": "g", "source": "s"}';
const CASE = '"case": {"way": "SETREGS", "on": "CONT", "code": "syscall"}';

conformance("a line is a fact, or a check of the fact before it", () => {
  const check = `{${CASE}, "expected": {"status": "killed by SIGKILL", "stopped.rip": "syscall+2"}}`;
  const [fact, ...others] = parseSetupFacts(`${HEAD}\n${check}\n`);
  assert.equal(others, []);
  assert.equal([fact?.name, fact?.rules, fact?.checks.length], ["it holds", [], 1]);
  assert.equal(
    [...(fact?.checks[0]?.expected ?? [])],
    [
      ["status", 9n],
      ["stopped.rip", placeOf("syscall") + 2n],
    ],
  );
});

for (const { line, message } of jsonLines<Record<"line" | "message", string>>(
  "labs/fuzz/refused_facts",
)) {
  conformance(`a line is refused with its number and the member: ${line}`, () => {
    assert.throws(() => parseSetupFacts(`${HEAD}\n${line}\n`), new RegExp(message));
  });
}

/** The checks of cases that a machine allows. */
function* checksFor(machine: Machine): Generator<readonly [SetupFact, SetupCheck]> {
  for (const fact of SETUP_FACTS) {
    for (const check of fact.checks) {
      if (allows(machine, check)) yield [fact, check];
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

for (const [name, machine] of Object.entries({ FOUR_LEVELS, FIVE_LEVELS, WRAPPING })) {
  conformance(`the model agrees with every case of ${name}, and leaves open what is listed`, () => {
    const wrong: string[] = [];
    const open: string[] = [];
    for (const [fact, check] of checksFor(machine)) {
      if (!check.isFiltered) continue;
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

conformance("a probe that a signal ends is an error, after its facts", async () => {
  const groups: (string | undefined)[] = [];
  const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  const onGroup = ({ verdicts }: { readonly verdicts: readonly Verdict[] }) => {
    groups.push(verdicts[0]?.fact.group);
    for (const pid of children().split(" ").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
  };
  const error = await checkFacts(allFacts(), { onGroup }).catch((cause) => cause);
  assert.instance(error, TraceError);
  assert.match(error.message, /^the probe was ended by SIGKILL$/);
  assert.is(groups[0], "write order");
  assert.is(children(), "");
});

// What a thread is forbidden is forbidden for good, so this comes last.
const forbidden = suite("stublab conformance where process_vm_readv is refused");
const SYS_PROCESS_VM_READV = 310;
const { EPERM, ENOSYS } = constants.errno;

for (const [name, errno] of Object.entries({ EPERM, ENOSYS })) {
  forbidden(`facts about signal frames hold with ${name}`, async () => {
    forbidCalls([SYS_PROCESS_VM_READV], errno);
    const facts = SETUP_FACTS.filter(({ group }) => group === "signal frames");
    assert.ok(facts.length > 5, `${facts.length}`);
    const { verdicts } = await checkFacts(facts);
    assert.is(verdicts.length, facts.length);
    for (const { fact, status } of verdicts) assert.is(status, "held", fact.name);
  });
}
