/* Runs whose outcomes are compared with those of another machine. */

import { HOST_ARCH } from "../core/machine/index.ts";
import { causesOf } from "../labs/fuzz/against/causes.ts";
import { type ContrastCause, compareOutcomes } from "../labs/fuzz/against/compare.ts";
import { type OutcomeLog, parseOutcomes } from "../labs/fuzz/against/log.ts";
import { AGAINST_SCHEMA, againstReport } from "../labs/fuzz/against/report.ts";
import { DEFAULT_PATH } from "../labs/fuzz/draw/arch.ts";
import { Examiner } from "../labs/fuzz/examiner.ts";
import { modelOptions } from "../labs/fuzz/known/arch.ts";
import { entryOf } from "../labs/fuzz/log/entries.ts";
import { runProbe } from "../labs/fuzz/probe/run.ts";
import type { FuzzOptions } from "../labs/fuzz/run/options.ts";
import { DEFAULT_CASES } from "../labs/fuzz/run/session.ts";
import { InputError } from "../lib/errors.ts";
import { readNamed } from "../lib/input.ts";
import { count } from "../lib/page/figures.ts";
import { againstText } from "./against_text.ts";
import { CANNOT } from "./case_file.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { publish, talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { diff, fuzz } from "./table/fuzz.ts";

/** Makes a run without a corpus; writes its outcomes, or compares them with those of another machine. */
export async function runOutcomes(values: Values<typeof fuzz>, given: FuzzOptions) {
  const { outcomes, against, json } = values;
  if (json && against === undefined) {
    throw new InputError("--json: a log has a format of its own", {
      remedy: "with --against, --json prints what differs",
    });
  }
  if (outcomes !== undefined) checkOutput(outcomes);
  const other = against === undefined ? undefined : readOutcomes(against);
  const log = await finishing(async (interrupted) => {
    const text = await probeRun(given, interrupted, other);
    if (outcomes !== undefined) await writeOutput(outcomes, text);
    return parseOutcomes(text);
  });
  if (against !== undefined && other !== undefined)
    return reportAgainst([against, "this machine"], [other, log], json, given);
  const [cases, differ, untried] = [log.done, log.lines.size, log.untried.size].map(count);
  const rest = log.untried.size === 0 ? "" : `, ${untried} could not be tried`;
  talk(`${cases} cases: the outcomes of ${differ} contradict the predictions${rest}\n`);
  if (log.done > 0 && log.untried.size === log.done) return CANNOT;
  return log.lines.size === 0 ? 0 : 1;
}

/** The log of a run, which the probe makes; and shows how far it is. @param other the run to repeat */
async function probeRun(given: FuzzOptions, interrupted: AbortSignal, other?: OutcomeLog) {
  const { seed = 1n, path = DEFAULT_PATH } = other ?? given;
  const all = other?.done ?? Number.POSITIVE_INFINITY;
  const cases = Math.min(given.cases ?? other?.done ?? DEFAULT_CASES, all);
  const model = modelOptions(given);
  const command = `fuzz --outcomes --seed ${seed} --path ${path} --cases ${cases}${model}`;
  const progress = new Progress();
  let text = "";
  const take = (line: string) => {
    const entry = entryOf(line);
    const isOutcome = entry?.is === "outcomes" || entry?.is === "outcome";
    const isMark = entry?.is === "mark";
    if (isOutcome || isMark || entry?.is === "untried") text += `${line}\n`;
    if (isMark) progress.show(entry.done / cases, `${count(entry.done)} cases`);
  };
  await runProbe(HOST_ARCH, command.split(" "), take, { interrupted });
  progress.clear();
  return text;
}

/** A smaller case, if it is this machine that contradicts the prediction: others cannot be asked. */
function minimizeHere({ side, smallest: { it } }: ContrastCause, { change, known }: FuzzOptions) {
  if (side === "a") return undefined;
  using examiner = new Examiner({ change, known });
  return examiner.examine(it).differences.length === 0 ? undefined : examiner.minimize(it);
}

/** Reads a log that the user names. @throws InputError that names the file */
const readOutcomes = (name: string): OutcomeLog =>
  readNamed(name, { most: 1 << 28, of: "a log" }, (content) =>
    parseOutcomes(content.toString("latin1")),
  );

export function runDiff(a: string, b: string | undefined, { json }: Values<typeof diff>) {
  const log = readOutcomes(a);
  // Of a run whose outcomes are all as predicted, a log has no line.
  const other = b === undefined ? { ...log, lines: new Map(), lost: 0 } : readOutcomes(b);
  return reportAgainst([a, b ?? "the model"], [log, other], json);
}

/**
 * Compares two runs and reports what differs.
 *
 * @param given how the second run was made, if on this machine
 * @returns the exit status
 */
function reportAgainst(
  names: readonly [string, string],
  [a, b]: readonly [OutcomeLog, OutcomeLog],
  json?: true,
  given?: FuzzOptions,
): number {
  const contrast = compareOutcomes(a, b);
  const causes = causesOf(contrast);
  const small = causes.map((cause) => given && minimizeHere(cause, given));
  const report = againstReport(contrast, names, causes, small);
  publish(json, AGAINST_SCHEMA, report, againstText(report));
  return causes.length === 0 ? 0 : 1;
}
