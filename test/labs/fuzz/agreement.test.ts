/*
 * Whether this kernel and this processor do what the model says. It is the one file whose result depends on them. What
 * processor.c can put down to a processor that nobody has asked is reported; any other contradiction fails the file.
 */

import { PATHS } from "../../../src/labs/fuzz/draw/arch.ts";
import { checkFacts } from "../../../src/labs/fuzz/facts/run.ts";
import { Examiner, fuzzFindings } from "../../../src/labs/fuzz/index.ts";
import { knownFacts } from "../../../src/labs/fuzz/known/known_facts.ts";
import { FEATURES } from "../../../src/labs/fuzz/machine.ts";
import { readThisMachine } from "../../../src/labs/fuzz/predict/predict.ts";
import { rules } from "../../../src/labs/fuzz/predict/rules.ts";
import { noCounts } from "../../../src/labs/fuzz/run/state.ts";
import { isProcessors } from "../../../src/labs/fuzz/tell/attribution.ts";
import { machineLine } from "../../../src/labs/fuzz/tell/told.ts";
import { recordedMachines } from "../../support/feature_trials.ts";

/** In a soak as many as the model is claimed for. */
const CASES = process.env.SOAK ? 10_000_000 : 25_000;
/** The most findings of a path that are looked at. */
const MOST = 20;
/** The share of cases of which a rule may say that they are not predicted. */
const MOST_UNPREDICTED = 0.05;
/** A machine of npm run kernels may be emulated. */
const KNOWN = process.env.ON_MACHINE === undefined ? undefined : "qemu-tcg";

const agreement = suite("agreement of model and machine");

const machine = readThisMachine();
/** The recordings of this processor. */
const recordings = [...recordedMachines()].filter(
  ([, { machine: its }]) =>
    its.vendor === machine.vendor && its.family === machine.family && its.model === machine.model,
);

/** What the machine does otherwise, and what of it cannot be put down to the processor. */
const contradictions: string[] = [];
const unexcused: string[] = [];
const culprits = new Map<string, number>();

/** Notes a contradicting case, and the rules without which its outcome is predicted. */
function note(text: string, it?: Case): void {
  const contradiction = it === undefined ? text : `${text} ${JSON.stringify(formatCase(it))}`;
  contradictions.push(contradiction);
  const isExcused = it !== undefined && isProcessor(it);
  if (!isExcused) unexcused.push(contradiction);
}

function isProcessor(it: Case): boolean {
  using examiner = new Examiner({ known: KNOWN });
  const { causes } = examiner.examine(it);
  for (const { id } of causes.rules) culprits.set(id, (culprits.get(id) ?? 0) + 1);
  // A feature that its trial missed is a mistake of the trial's.
  return causes.features.length === 0 && isProcessors({ causes }, machine);
}

agreement("the features found are those of the recordings of this processor", () => {
  const ofProcessor = rules().flatMap(({ asked, feature }) => (asked && feature) ?? []);
  for (const [file, { machine: its }] of recordings) {
    const differing = FEATURES.filter(
      (name) => its.features.includes(name) !== machine.features.includes(name),
    ).filter(
      (name) => its.release === machine.release || ofProcessor.some((one) => one.endsWith(name)),
    );
    if (differing.length > 0) note(`features of ${file}: ${differing}`);
  }
});

agreement("facts hold", async () => {
  const { verdicts } = await checkFacts(allFacts(), { known: KNOWN && knownFacts(KNOWN) });
  assert.is(verdicts.length, allFacts().length);
  for (const { fact, checks } of verdicts.filter(({ status }) => status === "failed")) {
    const failed = checks.find(({ status }) => status === "failed");
    const setups = SETUP_FACTS.find(({ name }) => name === fact.name)?.checks ?? [];
    note(`fact "${fact.name}"`, setups.find(({ name }) => name === failed?.name)?.it);
  }
});

for (const path of PATHS.filter((name) => name !== "both")) {
  agreement(`${CASES} cases by ${path} have the outcomes that are predicted`, async () => {
    let counts = noCounts();
    const run = async function* () {
      ({ counts } = (yield* fuzzFindings({ seed: 6n, path, cases: CASES, known: KNOWN })).state);
    };
    let found = 0;
    for await (const { subject, it } of run()) {
      note(`finding "${subject}"`, it);
      if (++found === MOST) return;
    }
    const unpredicted = [...counts.unpredicted.values()].reduce((sum, n) => sum + n, 0);
    assert.is(counts.cases, CASES);
    if (unpredicted > MOST_UNPREDICTED * CASES) note(`${unpredicted} cases that are not predicted`);
  });
}

agreement("model and machine agree", () => {
  if (contradictions.length === 0) return;
  const causes = [...culprits].sort(([, a], [, b]) => b - a).map(([id, n]) => `${id} (${n})`);
  const report = [
    `this machine contradicts the model: ${machineLine(machine)}`,
    `what: ${contradictions.length} contradictions; the first: ${contradictions[0]}`,
    causes.length === 0
      ? "cause: no contradiction vanishes without a single rule"
      : `cause: contradictions vanish without the rules ${causes.join(", ")}`,
    "this is not a fault of the build: no other test depends on what this kernel and processor do",
    "to have the model corrected, send a recording: stublab fuzz --record FILE",
  ];
  // After the marks of the tests, on lines of their own.
  console.log(["", ...report.map((line) => `note: ${line.trim()}`)].join("\n"));
  assert.equal(unexcused, []);
});
