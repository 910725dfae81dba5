import { gzipSync } from "node:zlib";
import { PATHS, type Path } from "../labs/fuzz/draw/arch.ts";
import { fuzz, MOST_WORKERS } from "../labs/fuzz/fuzz.ts";
import { expectRule } from "../labs/fuzz/predict/rules.ts";
import { recordRun } from "../labs/fuzz/recordings/record_run.ts";
import type { FuzzOptions, FuzzProgress, FuzzResult } from "../labs/fuzz/run/options.ts";
import type { Shard } from "../labs/fuzz/run/state.ts";
import { FUZZ_SCHEMA, reportOf } from "../labs/fuzz/tell/fuzz_report.ts";
import { InputError } from "../lib/errors.ts";
import { parseCount, parseOptions, parseSeed, UsageError } from "./command.ts";
import { folded } from "./fold.ts";
import { CANNOT, runOutcomes } from "./fuzz_outcomes.ts";
import { fuzzText } from "./fuzz_text.ts";
import { onFatal } from "./interruption.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { printJson, talk, tell } from "./report.ts";
import { number, plural } from "./rows.ts";

const MOST_CASES = 1e12;
const MOST_SECONDS = 1e6;
/** 128 + SIGINT. */
const INTERRUPTED = 130;

const RUN_OPTIONS = {
  seed: { type: "string" },
  path: { type: "string" },
  focus: { type: "string" },
  cases: { type: "string" },
  seconds: { type: "string" },
  corpus: { type: "string" },
  workers: { type: "string", default: "1" },
  shard: { type: "string" },
  ...MODEL_OPTIONS,
  outcomes: { type: "string" },
  against: { type: "string" },
  record: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parseOptions<typeof RUN_OPTIONS>>;

/** Fuzzes, and prints the report. */
export async function runFuzz(args: readonly string[]): Promise<number> {
  const values = parseOptions(args, RUN_OPTIONS);
  const options = optionsOf(values);
  const { outcomes, against, json } = values;
  if (outcomes !== undefined || against !== undefined) {
    refuse(values, ["focus", "seconds", "corpus", "shard", "record"]);
    const { path, cases, change, known } = options;
    const seed = values.seed === undefined ? undefined : parseSeed(values.seed);
    return runOutcomes({ outcomes, against, json, seed, path, cases, change, known });
  }
  const { record } = values;
  if (record !== undefined) checkOutput(record);
  const line = new Progress();
  const interruption = interruptible(line);
  let result: FuzzResult;
  try {
    result = await fuzz({
      ...options,
      stop: interruption.signal,
      progress: (progress) => showRun(line, progress, options),
    });
    if (record !== undefined) await writeRecording(line, record, result, options);
  } finally {
    line.clear();
    // The rest runs in one turn of the event loop, in which no handler is called: let signals end the process.
    interruption.stop();
  }
  const report = reportOf(result, options);
  if (values.json) printJson(FUZZ_SCHEMA, report);
  else tell(folded(fuzzText(report)));
  if (report.cases > 0 && report.untried.cases === report.cases) return CANNOT;
  return result.findings.length === 0 ? 0 : 1;
}

function showRun(line: Progress, { state, ...run }: FuzzProgress, { seconds }: FuzzOptions): void {
  const { counts, findings } = state;
  const pace = number(Math.round(run.cases / Math.max(run.seconds, 0.001)));
  const share = run.target === undefined ? run.seconds / (seconds || 1) : counts.cases / run.target;
  const found = plural(findings.length, "finding");
  line.show(Math.min(share, 1), `${found}, ${number(counts.cases)} cases, ${pace} a second`);
}

/** Tries the first case of each kind of outcome again, and writes the outcomes. */
async function writeRecording(
  line: Progress,
  file: string,
  result: FuzzResult,
  { known }: FuzzOptions,
): Promise<void> {
  const all = number(result.state.kinds);
  const progress = (share: number) => line.show(share, `recording ${all} cases`);
  const text = await recordRun(result, { known, progress });
  await writeOutput(file, file.endsWith(".gz") ? gzipSync(text, { level: 9 }) : text);
}

function optionsOf(values: Values): FuzzOptions {
  if (values.cases !== undefined && values.seconds !== undefined) {
    throw new UsageError("--cases and --seconds exclude each other");
  }
  const { seed, path, focus, cases, seconds, corpus, shard } = values;
  if (corpus === "") throw new UsageError("--corpus takes a folder");
  const workers = parseCount("--workers", values.workers, MOST_WORKERS);
  if (workers === 0) throw new UsageError("--workers takes at least 1");
  return {
    workers,
    ...(seed !== undefined && { seed: parseSeed(seed) }),
    ...(path !== undefined && { path: parsePath(path) }),
    ...(focus !== undefined && { focus: expectRule(focus, "--focus").id }),
    ...(cases !== undefined && { cases: parseCount("--cases", cases, MOST_CASES) }),
    ...(seconds !== undefined && { seconds: parseCount("--seconds", seconds, MOST_SECONDS) }),
    ...(corpus !== undefined && { corpus }),
    ...(shard !== undefined && { shard: parseShard(shard) }),
    ...modelOf(values),
  };
}

/** A run whose cases depend on the seed only has fewer options. */
function refuse(values: Values, names: readonly (keyof Values)[]): void {
  const name = names.find((each) => values[each] !== undefined);
  if (name === undefined) return;
  throw new UsageError(`--${name} excludes --outcomes and --against`);
}

function parsePath(name: string): Path {
  const path = PATHS.find((each) => each === name);
  if (path !== undefined) return path;
  throw new UsageError(`--path: expected one of ${PATHS.join(", ")}, got "${name}"`);
}

/** Parses a shard, such as "2/8". @throws InputError */
function parseShard(text: string): Shard {
  const [, index = "", of = ""] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (shard.index >= 1 && shard.index <= shard.of) return shard;
  throw new InputError(`--shard: expected I/N with I from 1 to N, such as 2/8, got "${text}"`);
}

/** A fatal signal ends the run after the rounds under way; a second signal ends it at once. */
function interruptible(line: Progress): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = onFatal(() => {
    // The stubs end with the threads that trace them.
    if (signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
    line.clear();
    talk("ending after the rounds under way; press Ctrl-C again to end at once\n");
  });
  return { signal, stop };
}
