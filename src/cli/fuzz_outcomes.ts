/* Runs whose outcomes are compared with those of another machine. */

import { HOST_ARCH } from "../core/machine/index.ts";
import type { ContrastCause } from "../labs/fuzz/against/compare.ts";
import { type OutcomeLog, parseOutcomes } from "../labs/fuzz/against/log.ts";
import type { Case } from "../labs/fuzz/case/case.ts";
import { DEFAULT_PATH, type Path } from "../labs/fuzz/draw/arch.ts";
import { Examiner } from "../labs/fuzz/examiner.ts";
import { formatPlant } from "../labs/fuzz/predict/plant.ts";
import { runProbe } from "../labs/fuzz/probe/run.ts";
import type { FuzzOptions } from "../labs/fuzz/run/options.ts";
import { UsageError } from "./command.ts";
import { readOutcomes, reportAgainst } from "./fuzz_diff.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { talk } from "./report.ts";
import { number } from "./rows.ts";

/** What the run of `stublab fuzz` is given, as far as it is compatible. */
interface Given extends Pick<FuzzOptions, "path" | "cases" | "change" | "known"> {
  readonly outcomes: string | undefined;
  readonly against: string | undefined;
  readonly seed: bigint | undefined;
  readonly json: boolean;
}

const DEFAULT_CASES = 1_000_000;
/** The exit status where this machine can try no case. */
export const CANNOT = 3;

/** Makes a run without a corpus; writes its outcomes, or compares them with those of another machine. */
export async function runOutcomes(given: Given): Promise<number> {
  const { outcomes, against, change, known, json } = given;
  if (json && against === undefined) {
    throw new UsageError("--json: a log has a format of its own", {
      remedy: "with --against, --json prints what differs",
    });
  }
  if (outcomes !== undefined) checkOutput(outcomes);
  const other = against === undefined ? undefined : readOutcomes(against);
  const stream = streamOf(given, other);
  const log = await finishing(async (stop) => {
    const text = await probeRun({ ...stream, change, known }, stop);
    if (outcomes !== undefined) await writeOutput(outcomes, text);
    return parseOutcomes(text);
  });
  if (other === undefined || against === undefined) {
    const [cases, differ, untried] = [log.done, log.lines.size, log.untried.size].map(number);
    const rest = log.untried.size === 0 ? "" : `, ${untried} could not be tried`;
    talk(`${cases} cases: the outcomes of ${differ} contradict the predictions${rest}\n`);
    if (log.done > 0 && log.untried.size === log.done) return CANNOT;
    return log.lines.size === 0 ? 0 : 1;
  }
  const runs = [
    { name: against, log: other },
    { name: "this machine", log },
  ] as const;
  return reportAgainst(runs, json, (cause) => minimizeHere(cause, { change, known }));
}

interface Asked extends Pick<Given, "change" | "known"> {
  readonly seed: bigint;
  readonly path: Path;
  readonly cases: number;
}

/** The log of a run, which the probe makes; and shows how far it is. */
async function probeRun(
  { seed, path, cases, change, known }: Asked,
  stop: AbortSignal,
): Promise<string> {
  const args = ["fuzz", "--outcomes", "--seed", `${seed}`, "--path", path, "--cases", `${cases}`];
  if (change !== undefined) args.push("--plant", formatPlant(change));
  if (known !== undefined) args.push("--known", known);
  const progress = new Progress();
  let text = "";
  await runProbe(
    HOST_ARCH,
    args,
    (line) => {
      if (/^# (outcomes |at |\d)/.test(line)) text += `${line}\n`;
      const done = Number(/^# at (\d+)/.exec(line)?.[1] ?? 0);
      if (done > 0) progress.show(done / cases, `${number(done)} cases`);
    },
    { interrupted: stop },
  );
  progress.clear();
  return text;
}

function streamOf({ seed, path, cases }: Given, other: OutcomeLog | undefined) {
  if (other === undefined) {
    return { seed: seed ?? 1n, path: path ?? DEFAULT_PATH, cases: cases ?? DEFAULT_CASES };
  }
  if (seed !== undefined || path !== undefined) {
    throw new UsageError("--against: the other run has a seed and a path", {
      remedy: "leave out --seed and --path",
    });
  }
  return { seed: other.seed, path: other.path, cases: Math.min(cases ?? other.done, other.done) };
}

/** A smaller case, if it is this machine that contradicts the prediction: others cannot be asked. */
function minimizeHere(
  { side, smallest: { it } }: ContrastCause,
  options: Pick<Given, "change" | "known">,
): Case | undefined {
  if (side === "a") return undefined;
  using examiner = new Examiner(options);
  return examiner.examine(it).differences.length === 0 ? undefined : examiner.minimize(it);
}
