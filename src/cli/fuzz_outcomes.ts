/* Runs whose outcomes are compared with those of another machine. */

import { HOST_ARCH } from "../core/machine/index.ts";
import { causesOf } from "../labs/fuzz/against/causes.ts";
import { type ContrastCause, compareOutcomes } from "../labs/fuzz/against/compare.ts";
import { type OutcomeLog, parseOutcomes } from "../labs/fuzz/against/log.ts";
import { AGAINST_SCHEMA, againstReport } from "../labs/fuzz/against/report.ts";
import type { Case } from "../labs/fuzz/case/case.ts";
import { DEFAULT_PATH } from "../labs/fuzz/draw/arch.ts";
import { Examiner } from "../labs/fuzz/examiner.ts";
import { modelOptions } from "../labs/fuzz/known/arch.ts";
import { runProbe } from "../labs/fuzz/probe/run.ts";
import type { FuzzOptions } from "../labs/fuzz/run/options.ts";
import { InputError } from "../lib/errors.ts";
import { type Limit, readNamed } from "../lib/input.ts";
import { againstText } from "./against_text.ts";
import { CANNOT } from "./case_file.ts";
import { folded } from "./fold.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { printJson, talk, tell } from "./report.ts";
import { number } from "./rows.ts";
import type { Values } from "./table/command.ts";
import type { diff, fuzz } from "./table/fuzz.ts";

const DEFAULT_CASES = 1_000_000;
const LOG_LIMIT: Limit = { most: 1 << 28, of: "a log" };

/** Makes a run without a corpus; writes its outcomes, or compares them with those of another machine. */
export async function runOutcomes(
  { outcomes, against, json }: Values<typeof fuzz>,
  given: FuzzOptions,
): Promise<number> {
  if (json && against === undefined) {
    throw new InputError("--json: a log has a format of its own", {
      remedy: "with --against, --json prints what differs",
    });
  }
  if (outcomes !== undefined) checkOutput(outcomes);
  const other = against === undefined ? undefined : readOutcomes(against);
  const args = argumentsOf(given, other?.log);
  const log = await finishing(async (stop) => {
    const text = await probeRun(args, stop);
    if (outcomes !== undefined) await writeOutput(outcomes, text);
    return parseOutcomes(text);
  });
  if (other !== undefined) {
    const here = { name: "this machine", log };
    return reportAgainst([other, here], json, (cause) => minimizeHere(cause, given));
  }
  const [cases, differ, untried] = [log.done, log.lines.size, log.untried.size].map(number);
  const rest = log.untried.size === 0 ? "" : `, ${untried} could not be tried`;
  talk(`${cases} cases: the outcomes of ${differ} contradict the predictions${rest}\n`);
  if (log.done > 0 && log.untried.size === log.done) return CANNOT;
  return log.lines.size === 0 ? 0 : 1;
}

/** The command of the probe that makes the run: that of another log, if there is one. */
function argumentsOf(given: FuzzOptions, other: OutcomeLog | undefined): string {
  if (other !== undefined && (given.seed !== undefined || given.path !== undefined)) {
    throw new InputError("--against: the other run has a seed and a path", {
      remedy: "leave out --seed and --path",
    });
  }
  const { seed = 1n, path = DEFAULT_PATH } = other ?? given;
  const cases = Math.min(given.cases ?? other?.done ?? DEFAULT_CASES, other?.done ?? Infinity);
  const stream = `--seed ${seed} --path ${path} --cases ${cases}`;
  return `fuzz --outcomes ${stream}${modelOptions(given.change, given.known)}`;
}

/** The log of a run, which the probe makes; and shows how far it is. */
async function probeRun(command: string, interrupted: AbortSignal): Promise<string> {
  const progress = new Progress();
  const cases = Number(/--cases (\d+)/.exec(command)?.[1]);
  let text = "";
  const take = (line: string) => {
    if (/^# (outcomes |at |\d)/.test(line)) text += `${line}\n`;
    const done = Number(/^# at (\d+)/.exec(line)?.[1] ?? 0);
    if (done > 0) progress.show(done / cases, `${number(done)} cases`);
  };
  await runProbe(HOST_ARCH, command.split(" "), take, { interrupted });
  progress.clear();
  return text;
}

/** A smaller case, if it is this machine that contradicts the prediction: others cannot be asked. */
function minimizeHere(
  { side, smallest: { it } }: ContrastCause,
  { change, known }: FuzzOptions,
): Case | undefined {
  if (side === "a") return undefined;
  using examiner = new Examiner({ change, known });
  return examiner.examine(it).differences.length === 0 ? undefined : examiner.minimize(it);
}

/** A run, and how it is called. */
interface NamedLog {
  readonly name: string;
  readonly log: OutcomeLog;
}

/** Reads a log that the user names. @throws InputError that names the file */
const readOutcomes = (name: string): NamedLog => ({
  name,
  log: readNamed(name, LOG_LIMIT, (content) => parseOutcomes(content.toString("latin1"))),
});

export function runDiff(a: string, b: string, { json }: Values<typeof diff>): number {
  return reportAgainst([readOutcomes(a), readOutcomes(b)], json);
}

/**
 * Compares two runs and reports what differs.
 *
 * @param minimize returns a smaller case with the same cause, if it can
 * @returns the exit status
 */
function reportAgainst(
  [a, b]: readonly [NamedLog, NamedLog],
  json: boolean | undefined,
  minimize: (cause: ContrastCause) => Case | undefined = () => undefined,
): number {
  const contrast = compareOutcomes(a.log, b.log);
  const causes = causesOf(contrast);
  const report = againstReport(contrast, [a.name, b.name], causes, causes.map(minimize));
  if (json) printJson(AGAINST_SCHEMA, report);
  else tell(folded(againstText(report)));
  return causes.length === 0 ? 0 : 1;
}
