import { gzipSync } from "node:zlib";
import { fuzz } from "../labs/fuzz/fuzz.ts";
import { expectRule } from "../labs/fuzz/predict/rules.ts";
import { recordRun } from "../labs/fuzz/recordings/record_run.ts";
import type { FuzzOptions, FuzzProgress, FuzzResult } from "../labs/fuzz/run/options.ts";
import { FUZZ_SCHEMA, reportOf } from "../labs/fuzz/tell/fuzz_report.ts";
import { InputError } from "../lib/errors.ts";
import { count, counted } from "../lib/page/figures.ts";
import { CANNOT, planted } from "./case_file.ts";
import { runOutcomes } from "./fuzz_outcomes.ts";
import { fuzzText } from "./fuzz_text.ts";
import { fuzzWalks } from "./fuzz_walks.ts";
import { onFatal } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { publish, talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { fuzz as table } from "./table/fuzz.ts";

/** 128 + SIGINT. */
const INTERRUPTED = 130;

/** Fuzzes, and prints the report. */
export async function runFuzz(values: Values<typeof table>) {
  const { plant, focus, record, outcomes, against, json, path, ...given } = values;
  if (path === "tasks") return runWalks(values);
  const options: FuzzOptions = {
    ...given,
    path,
    change: planted(plant),
    focus: focus === undefined ? undefined : expectRule(focus, "--focus").id,
  };
  if (outcomes !== undefined || against !== undefined) {
    return runOutcomes(values, options);
  }
  if (given.corpus === "") throw new InputError("--corpus takes a folder");
  if (record !== undefined) checkOutput(record);
  const line = new Progress();
  const { interrupted, stop } = endAfterRounds(line);
  let result: FuzzResult;
  try {
    result = await fuzz({
      ...options,
      stop: interrupted,
      progress: (progress) => showRun(line, progress, options),
    });
    if (record !== undefined) {
      const about = `recording ${count(result.state.kinds)} cases`;
      const progress = (share: number) => line.show(share, about);
      const text = await recordRun(result, { known: given.known, progress });
      await writeOutput(record, record.endsWith(".gz") ? gzipSync(text, { level: 9 }) : text);
    }
  } finally {
    line.clear();
    // The rest runs in one turn of the event loop, in which no handler is called: let signals end the process.
    stop();
  }
  const report = reportOf(result, options);
  publish(json, FUZZ_SCHEMA, report, fuzzText(report));
  if (report.cases > 0 && report.untried.cases === report.cases) return CANNOT;
  return result.findings.length === 0 ? 0 : 1;
}

async function runWalks(values: Values<typeof table>) {
  const line = new Progress();
  const { interrupted, stop } = endAfterRounds(line);
  try {
    return await fuzzWalks(values, line, interrupted);
  } finally {
    line.clear();
    stop();
  }
}

function showRun(line: Progress, { state, ...run }: FuzzProgress, { seconds }: FuzzOptions): void {
  const { counts, findings } = state;
  const pace = count(Math.round(run.cases / Math.max(run.seconds, 0.001)));
  const share = run.target === undefined ? run.seconds / (seconds || 1) : counts.cases / run.target;
  const found = counted(findings.length, "finding");
  line.show(Math.min(share, 1), `${found}, ${count(counts.cases)} cases, ${pace} a second`);
}

/** A fatal signal ends the run after the rounds under way; a second signal ends it at once. */
const endAfterRounds = (line: Progress) =>
  onFatal((_, { aborted }) => {
    // The stubs end with the threads that trace them.
    if (aborted) process.exit(INTERRUPTED);
    line.clear();
    talk("ending after the rounds under way; press Ctrl-C again to end at once\n");
  });
