import { fuzzText } from "../../../src/cli/fuzz_text.ts";
import type { CaseOutcome } from "../../../src/labs/fuzz/examiner.ts";
import { processorNotes } from "../../../src/labs/fuzz/facts/failures.ts";
import { type Verdict, verdictOf } from "../../../src/labs/fuzz/facts/verdict.ts";
import { differencesOf } from "../../../src/labs/fuzz/predict/differences.ts";
import { type Change, NO_CAUSES } from "../../../src/labs/fuzz/predict/model.ts";
import { predict } from "../../../src/labs/fuzz/predict/predict.ts";
import { predictionOf } from "../../../src/labs/fuzz/predict/prediction.ts";
import { isUnasked } from "../../../src/labs/fuzz/predict/processors.ts";
import { rules } from "../../../src/labs/fuzz/predict/rules.ts";
import type { Finding } from "../../../src/labs/fuzz/run/fuzz_findings.ts";
import { noCounts, RunState } from "../../../src/labs/fuzz/run/state.ts";
import {
  causeTable,
  explanations,
  isTried,
  processorProgram,
} from "../../../src/labs/fuzz/tell/attribution.ts";
import { caseReport } from "../../../src/labs/fuzz/tell/case_report.ts";
import { writeFinding } from "../../../src/labs/fuzz/tell/finding.ts";
import { reportOf } from "../../../src/labs/fuzz/tell/fuzz_report.ts";
import { predictionTable, subjectOf } from "../../../src/labs/fuzz/tell/told.ts";
import { caseOf } from "../../support/exported_cases.ts";
import { machineWith } from "../../support/hidden_cases.ts";

const causes = suite("fuzz: findings by cause");
const folder = temporaryFolder();

/** Findings on a processor that no rule had asked, and what was seen there: cases and fields, one a line. */
const [head = "", ...lines] = readFileSync("test/support/intel_findings.jsonl", "utf8")
  .trim()
  .split("\n");
/**
 * That machine as it was described before features told it apart, and without TILEDATA in xcr0; and as if it were of yet
 * another model.
 */
const INTEL: Machine = JSON.parse(head).machine;
const UNASKED: Machine = { ...INTEL, model: 255 };
const AMD: Machine = { ...INTEL, vendor: "AuthenticAMD", family: 26, model: 2 };

/** A case with what was seen, compared with what is predicted for a machine. */
function compared(
  it: Case,
  seen: ReadonlyMap<string, bigint>,
  machine: Machine,
  change?: Change,
): CaseOutcome {
  const model = new Model(machine, change);
  const prediction = predictionOf(it, model);
  const differences = differencesOf(prediction.predicted, seen);
  const outcome = { ...prediction, seen, stable: seen, before: [], differences };
  return { ...outcome, causes: model.causesOf(it, [seen]) };
}

const OUTCOMES = lines.map((line) => {
  const { case: document, seen } = JSON.parse(line);
  const words = Object.entries<string>(seen).map(([field, word]) => [field, BigInt(word)] as const);
  return [parseCase(document), new Map(words)] as const;
});
const outcomesOn = (machine: Machine) => OUTCOMES.map(([it, seen]) => compared(it, seen, machine));

const findingOf = (outcome: CaseOutcome, index: number, folder: string | null = null): Finding => {
  const { it, differences, causes } = outcome;
  return {
    ...{ signature: `finding ${index}`, index, original: it, it, differences, causes, folder },
    ...{ subject: subjectOf(differences), outcome },
  };
};

/** How many of 800,000 cases have used rules: few used those that are suspected. */
const COUNTS = {
  cases: 800_000,
  exercised: new Map(
    Object.entries({ R62: 500, R69: 60, R113: 20, R107: 40, W34: 900, R45: 30_000 }),
  ),
};

const report = () => {
  const state = new RunState();
  const counts = { ...noCounts(), ...COUNTS };
  state.add({ from: 0, to: counts.cases, counts, signatures: [], findings: [], once: [] });
  const findings = outcomesOn(UNASKED).map((it, i) => findingOf(it, i));
  const run = { seed: 1n, path: "both", focus: undefined, shard: undefined } as const;
  const session = { interrupted: false, cases: 800_000, seconds: 1, unconfirmed: 0 };
  return reportOf({ ...run, ...session, machine: UNASKED, state, findings }, {});
};

const R62_SEEN =
  "R62 was seen on AMD family 25 and 26; this is GenuineIntel family 6 model 255: probably the processor; " +
  "processor.c in user mode decides (stublab fuzz export --as processor)";

causes("of ten findings a report has the five causes: trials that had missed features", () => {
  const document = report();
  assert.equal(document.causes.map(({ trait, findings }) => [trait, findings.length]).sort(), [
    ["data_wraps", 1],
    ["iret_cuts_rip", 6],
    ["la57", 1],
    ["stack_wraps", 1],
    ["way XSTATE", 1],
  ]);
  const [first] = document.causes;
  assert.equal([first?.rule, first?.attribution], [null, "trial"]);
  assert.ok(document.findings.some(({ causes }) => causes.rules.includes("R62")));
  const last = document.causes.find(({ trait }) => trait === "way XSTATE");
  assert.equal([last?.attribution, last?.processors], [null, []]);
  const text = fuzzText(document);
  assert.match(text, /^findings +10$/m);
  assert.match(
    text,
    /^ {2}6 depend on the trial of iret_cuts_rip\n {4}the trial of iret_cuts_rip may/m,
  );
  assert.match(text, /^ {2}1 has way XSTATE: no single rule explains it$/m);
});

/** An outcome as if a machine lacked a rule about processors that depends on no feature. */
function withoutR57(machine: Machine): CaseOutcome {
  const it = caseOf({ code: "load", registers: { cs: "0x23", ds: "0x0", rdi: "0x10004000" } });
  const seen = predict(it, { machine, change: { id: "R57", remove: true } }).predicted;
  return compared(it, seen, machine);
}

causes("what a rule explains is the kernel's, or that of a processor that nobody has asked", () => {
  for (const [machine, attribution] of [
    [UNASKED, "processor"],
    [AMD, "kernel"],
  ] as const) {
    const { causes: found } = withoutR57(machine);
    assert.is(causeTable(found, machine).attribution, attribution);
    assert.match(explanations(found, machine)[0] ?? "", /^The difference vanishes without R57\b/);
  }
});

causes("what a processor that was asked contradicts is the kernel's", () => {
  const attributions = (machine: Machine) =>
    new Set(
      rules()
        .filter((rule) => isUnasked(rule, machine))
        .map(({ id }) => id),
    );
  for (const id of ["R26", "R62", "R64", "R69", "R107"]) assert.not(attributions(AMD).has(id), id);
  assert.ok(attributions(AMD).has("R112"), "only Intel was asked");
  assert.ok(attributions({ ...AMD, family: 25 }).has("R64"), "it was measured on family 26");
  assert.not(attributions({ ...AMD, family: 25 }).has("R62"));
  assert.ok(attributions(INTEL).has("R62"));
  assert.not(attributions(INTEL).has("R107"));
  assert.ok(attributions({ ...INTEL, model: 143 }).has("R107"), "a family of Intel's is no kind");
  assert.ok(attributions({ ...AMD, family: 27 }).has("R107"));
});

/** The first finding, whose cause is R62, on a machine. */
const r62 = (machine: Machine) => {
  const outcome = outcomesOn(machine).find(({ causes }) =>
    causes.rules.some(({ id }) => id === "R62"),
  );
  if (outcome === undefined) throw new RangeError("there is no finding of R62");
  return outcome;
};

causes("a report about a case has the program of processors in place of the bisection", () => {
  const trial = caseReport(r62(UNASKED), { machine: UNASKED });
  assert.match(trial, /^The difference vanishes without R62\.$/m);
  assert.match(trial, /^The outcome is as predicted with iret\\_cuts\\_rip, which was not found /m);
  assert.match(trial, /^R62 was seen on AMD family 25 and 26; this is [^:]*\.$/m);
  assert.match(trial, /^cc -o processor processor\.c && \.\/processor$/m);
  assert.not.match(trial, /git bisect/);
  const unasked = caseReport(withoutR57(UNASKED), { machine: UNASKED });
  assert.match(unasked, /^R57 was seen on AMD .*: probably the processor; processor\.c/m);
  const asked = caseReport(withoutR57(AMD), { machine: AMD });
  assert.not.match(asked, /probably the processor|processor\.c/);
  assert.match(asked, /git bisect run/);
});

causes("the folder of a finding has the program, if it may be the processor", () => {
  for (const [signature, machine, examination] of [
    ["trial", UNASKED, r62(UNASKED)],
    ["processor", UNASKED, withoutR57(UNASKED)],
    ["kernel", AMD, withoutR57(AMD)],
  ] as const) {
    const { it: original } = examination;
    const seenFirst = { field: "code", predicted: null, seen: null };
    const content = { signature, examination, original, seenFirst, machine, found: "stublab fuzz" };
    const target = writeFinding(folder, content);
    assert.is(readdirSync(target).includes("processor.c"), signature !== "kernel");
    const { causes: written } = JSON.parse(readFileSync(join(target, "finding.json"), "utf8"));
    assert.is(written.attribution, signature);
  }
});

causes("a prediction names the rules that were measured on other processors only", () => {
  const it = caseOf({ registers: { cs: "0x23", rip: "0x410000040" } });
  const unasked = (machine: Machine) => predictionTable(predict(it, { machine }), machine).unasked;
  assert.equal(unasked(UNASKED), ["R62"]);
  assert.equal(unasked(AMD), []);
});

causes("a feature that the trial has missed explains a difference", () => {
  const it = caseOf({ on: "CONT", code: "icebp" });
  const [trap, fault] = [machineWith("icebp_trap"), machineWith()];
  const seen = predict(it, { machine: trap }).predicted;
  const { differences, causes } = compared(it, seen, fault);
  assert.ok(differences.some(({ field }) => field === "stopped.rip"));
  assert.equal([causes.rules, causes.features], [[], ["icebp_trap"]]);
  assert.equal(explanations(causes, fault), [
    "The outcome is as predicted with icebp_trap, which was not found here: its trial may be wrong, and not the processor.",
  ]);
});

causes("if no single rule explains a difference, none is named", () => {
  const it = caseOf({ on: "CONT", registers: { rip: "0x401000" } });
  const machine = machineWith();
  const seen = predict(it, { machine }).predicted;
  const { causes } = compared(it, new Map(seen).set("code", 3n), machine);
  assert.equal(causes, NO_CAUSES);
  assert.equal(explanations(causes, machine), ["No single rule explains the difference."]);
  const change = { id: "R47", value: "code", to: 3n } as const;
  const planted = compared(it, seen, machine, change).causes;
  assert.equal(explanations(planted, machine), [
    "The difference vanishes without the alteration R47.code=0x3.",
  ]);
});

causes("an outcome that is as predicted has no cause", () => {
  const it = caseOf({ on: "CONT", registers: { rip: "0x401000" } });
  const machine = machineWith();
  assert.equal(compared(it, predict(it, { machine }).predicted, machine).causes, NO_CAUSES);
});

const facts = suite("conformance: the kernel or the processor");

const refused = (): Verdict => {
  const fact = SETUP_FACTS.find(({ rules }) => rules.includes("R62"));
  if (fact === undefined) throw new RangeError("no fact is about R62");
  const unmet = [{ field: "stop", expected: "SIGSEGV", seen: "SIGTRAP" }];
  return verdictOf(fact, [{ name: "", status: "failed", unmet }], 0);
};

facts("a failure says whose it is", () => {
  assert.equal(processorNotes(refused(), UNASKED), [R62_SEEN]);
  assert.equal(processorNotes(refused(), AMD), []);
});

const program = suite("fuzz: the program about processors");

program("it tries each rule about a processor that user mode shows", () => {
  const asked = rules().filter((rule) => rule.asked !== undefined);
  assert.equal(
    asked.map(({ id }) => id).filter((id) => !isTried(id)),
    // What the kernel does in between; breakpoints, which need a tracer; forms of XRSTOR and FXSAVE; and a call that
    // continues in the vDSO.
    [
      ...["S15", "S16", "S18", "S24", "S25", "S26", "S27"],
      ...["R38", "R42", "R63", "R82", "R83", "R115", "R124"],
    ],
  );
  const ids = [...processorProgram().matchAll(/^ +\{"([RS]\d.*?)"/gm)].flatMap(([, names = ""]) =>
    names.split(" "),
  );
  for (const id of ids)
    assert.ok(
      asked.some((rule) => rule.id === id),
      id,
    );
});

program("stublab fuzz export --as processor prints it", async () => {
  const { code, stdout } = await stublab(["fuzz", "export", "--as", "processor"]);
  assert.equal([code, stdout], [0, processorProgram()]);
});

program("it is built by cc alone, and has a line for each trial", () => {
  if (!hasTool("cc")) return;
  const [source, binary] = ["src/labs/fuzz/tell/processor.c", join(folder, "processor")];
  execFileSync("cc", ["-Wall", "-Wextra", "-Werror", source, "-o", binary]);
  const [head = "", ...told] = execFileSync(binary, { encoding: "utf8" }).trim().split("\n");
  assert.match(head, /^This is \w+ family \d+ model \d+; /);
  assert.is(told.length, processorProgram().match(/^ +\{"[RS]\d/gm)?.length);
  for (const line of told)
    assert.match(line, /^[RS\d ]+ +\w.* (SIG\w+ -?\d+|no signal 0).*: as \w/);
});
