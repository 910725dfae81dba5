import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compare, openSubjects } from "../../src/compare/index.ts";
import {
  Examiner,
  exportC,
  formatCase,
  fuzz,
  minimize,
  parseCase,
  predict,
} from "../../src/fuzz/index.ts";
import {
  loadRecording,
  parseRecording,
  recordScenario,
  renderMermaid,
  renderPerfetto,
  renderRecordingPage,
  renderText,
} from "../../src/record/index.ts";
import { expectTypedErrors, expectTypedRejections } from "../support/garbage.ts";
import { childrenOf } from "../support/processes.ts";

const args = suite("arguments of the wrong kind, labs");

const recording = await recordScenario("scrub");
const examiner = new Examiner();
const CASE = parseCase({ schema: "stublab.case/1" });
const OUTCOME = examiner.examine(CASE);

args.after(() => examiner.close());

const SYNCHRONOUS: Readonly<Record<string, (it: never) => unknown>> = {
  loadRecording: (it) => loadRecording(it),
  parseRecording: (it) => parseRecording(it),
  renderText: (it) => renderText(it),
  "renderText's options": (it) => renderText(recording, it),
  "renderText's width": (width) => renderText(recording, { width }),
  "renderText's from": (from) => renderText(recording, { from }),
  renderMermaid: (it) => renderMermaid(it),
  renderPerfetto: (it) => renderPerfetto(it),
  renderRecordingPage: (it) => renderRecordingPage(it),
  formatCase: (it) => formatCase(it),
  parseCase: (it) => parseCase(it),
  "predict's case": (it) => predict(it, { machine: examiner.machine }),
  "predict's change": (change) => predict(CASE, { machine: examiner.machine, change }),
  "minimize's case": (it) => minimize(it, () => true),
  "minimize's function": (it) => minimize(CASE, it),
  "minimize's tries": (tries) => minimize(CASE, () => true, { tries }),
  "exportC's outcome": (it) => exportC(it, { machine: examiner.machine }),
  "exportC's options": (it) => exportC(OUTCOME, it),
  "Examiner's options": (it) => new Examiner(it).close(),
  "Examiner's deadline": (deadline) => new Examiner({ deadline }).close(),
  "examine's case": (it) => examiner.examine(it),
};

const ASYNCHRONOUS: Readonly<Record<string, (it: never) => Promise<unknown>>> = {
  "fuzz's seed": (seed) => fuzz({ ...BRIEF, seed }),
  "fuzz's path": (path) => fuzz({ ...BRIEF, path }),
  "fuzz's cases": (cases) => fuzz({ ...BRIEF, cases }),
  "fuzz's seconds": (seconds) => fuzz({ ...BRIEF, seconds }),
  "fuzz's workers": (workers) => fuzz({ ...BRIEF, workers }),
  "fuzz's shard": (shard) => fuzz({ ...BRIEF, shard }),
  "fuzz's signal": (signal) => fuzz({ ...BRIEF, signal }),
  "fuzz's stop": (stop) => fuzz({ cases: 0, stop }),
  "fuzz's change": (change) => fuzz({ ...BRIEF, change }),
  "fuzz's progress": (progress) => fuzz({ ...BRIEF, progress }),
  "fuzz's options": (it) => fuzz(Object.assign({}, it, BRIEF)),
  "compare's options": (it) => compare(it),
  "compare's subjects": (subjects) => compare({ subjects, cases: 1 }),
  "compare's seed": (seed) => compare({ ...SCRIPT, seed }),
  "compare's only": (only) => compare({ ...SCRIPT, only }),
  "compare's input": (input) => compare({ ...SCRIPT, only: ["encodeClone"], input }),
  "compare's signal": (signal) => compare({ ...SCRIPT, signal }),
  "compare's broken": (broken) => compare({ ...SCRIPT, broken }),
  "compare's notes": (notes) => compare({ ...SCRIPT, notes }),
  "compare's progress": (progress) => compare({ ...SCRIPT, progress }),
  "recordScenario's name": (it) => recordScenario(it),
  "recordScenario's options": (it) => recordScenario("host", it),
  "recordScenario's signal": (signal) => recordScenario("inject", { signal }),
  "recordScenario's encoder": (encoder) => recordScenario("host", { encoder }),
  "openSubjects' names": (it) => openSubjects(it, ["amd64"]),
  "openSubjects' architectures": (it) => openSubjects(["script"], it),
};

/** A comparison of one case. */
const { subjects } = await openSubjects(["script"], ["amd64"]);
const SCRIPT = { subjects, cases: 1 };

/** A fuzz run that ends before its first case, unless these options are overridden. */
const BRIEF = { cases: 0, stop: AbortSignal.abort() };

for (const [name, use] of Object.entries(SYNCHRONOUS)) {
  args(`${name}: a typed error, or a result`, () => expectTypedErrors(name, use));
}

for (const [name, use] of Object.entries(ASYNCHRONOUS)) {
  args(`${name}: a typed rejection, or a result`, () => expectTypedRejections(name, use));
}

args("no process is left", () => {
  examiner.close();
  assert.equal(childrenOf(process.pid), []);
});

args.run();
