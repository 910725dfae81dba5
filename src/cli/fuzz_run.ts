import { openEncoder } from "../encoder/open.ts";
import {
  DEFAULT_PATH,
  type FuzzOptions,
  type FuzzResult,
  fuzz,
  MOST_WORKERS,
  parseShard,
} from "../fuzz/fuzz.ts";
import { examineFindings } from "../fuzz/fuzz_findings.ts";
import { FUZZ_SCHEMA, reportOf } from "../fuzz/fuzz_report.ts";
import { PATHS, type Path } from "../fuzz/generate.ts";
import { parsePlant } from "../fuzz/plant.ts";
import { parseCount, parseOptions, parseSeed, UsageError } from "./command.ts";
import { folded } from "./fold.ts";
import { FuzzStatus } from "./fuzz_status.ts";
import { fuzzText } from "./fuzz_text.ts";
import { printJson, tell } from "./report.ts";

const MOST_CASES = 1e12;
const MOST_SECONDS = 1e6;
/** 128 + SIGINT. */
const INTERRUPTED = 130;

const RUN_OPTIONS = {
  seed: { type: "string" },
  path: { type: "string" },
  cases: { type: "string" },
  seconds: { type: "string" },
  corpus: { type: "string" },
  workers: { type: "string", default: "1" },
  shard: { type: "string" },
  plant: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parseOptions<typeof RUN_OPTIONS>>;

/** Fuzzes, and tells what came of it. */
export async function runFuzz(args: readonly string[]): Promise<number> {
  const values = parseOptions(args, RUN_OPTIONS);
  const options = optionsOf(values);
  const { corpus, change } = options;
  const status = new FuzzStatus(`stublab fuzz ${args.join(" ")}`);
  const interruption = interruptible((text) => status.note(text));
  let result: FuzzResult;
  try {
    result = await fuzz({
      ...options,
      signal: interruption.signal,
      progress: (progress) => status.show(progress),
    });
  } finally {
    status.clear();
    // From here on all is done in one turn, in which no handler would be called: a signal ends the process.
    interruption.stop();
  }
  const findings = examineFindings(result.state.findings, {
    machine: result.machine,
    ...{ corpus, change, command: commandOf(result, values) },
  });
  const { constants } = openEncoder("assembly");
  const report = reportOf(result, findings, options, constants);
  if (values.json) printJson(FUZZ_SCHEMA, report);
  else tell(folded(fuzzText(report)));
  return findings.length === 0 ? 0 : 1;
}

function optionsOf(values: Values): FuzzOptions {
  if (values.cases !== undefined && values.seconds !== undefined) {
    throw new UsageError("--cases and --seconds exclude each other");
  }
  const { seed, path, cases, seconds, corpus, shard, plant } = values;
  if (corpus === "") throw new UsageError("--corpus takes a folder");
  const workers = parseCount("--workers", values.workers, MOST_WORKERS);
  if (workers === 0) throw new UsageError("--workers takes at least 1");
  return {
    workers,
    ...(seed !== undefined && { seed: parseSeed(seed) }),
    ...(path !== undefined && { path: parsePath(path) }),
    ...(cases !== undefined && { cases: parseCount("--cases", cases, MOST_CASES) }),
    ...(seconds !== undefined && { seconds: parseCount("--seconds", seconds, MOST_SECONDS) }),
    ...(corpus !== undefined && { corpus }),
    ...(shard !== undefined && { shard: parseShard(shard) }),
    ...(plant !== undefined && { change: parsePlant(plant) }),
  };
}

function parsePath(name: string): Path {
  const path = PATHS.find((each) => each === name);
  if (path !== undefined) return path;
  throw new UsageError(`--path takes ${PATHS.join(", ")}, not "${name}"`);
}

/** The command that finds the same from the beginning. */
function commandOf({ seed, path, state }: FuzzResult, { shard, plant }: Values): string {
  const part = shard === undefined ? "" : ` --shard ${shard}`;
  const bug = plant === undefined ? "" : ` --plant ${plant}`;
  const way = path === DEFAULT_PATH ? "" : ` --path ${path}`;
  return `stublab fuzz --seed ${seed} --cases ${state.next}${way}${part}${bug}`;
}

/** Ctrl-C ends the run after its round, and a second one at once; so do the other ways to end a process. */
function interruptible(note: (text: string) => void): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const interrupt = () => {
    // The stubs end with the threads that trace them.
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
    note("ending after this round; once more ends at once");
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    stop: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
