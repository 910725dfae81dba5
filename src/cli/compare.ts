import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { FUNCTION_NAMES } from "../core/encoder/abi.ts";
import { ARCHES, HOST_ARCH } from "../core/machine/index.ts";
import { type CompareOptions, compare } from "../labs/compare/compare.ts";
import { isEncoderFile } from "../labs/compare/encoders/foreign.ts";
import { ALL_ENCODERS, ENCODERS, openEncoder } from "../labs/compare/encoders/open.ts";
import { agreementGrid, detailGrids } from "../labs/compare/grids.ts";
import { openSubjectsConfined } from "../labs/compare/open.ts";
import { renderComparePage } from "../labs/compare/page.ts";
import type { CompareReport } from "../labs/compare/report.ts";
import { storiesOf } from "../labs/compare/stories.ts";
import { summaryOf } from "../labs/compare/summary.ts";
import { InputError } from "../lib/errors.ts";
import { parseFlags } from "../lib/names.ts";
import { count } from "../lib/page/figures.ts";
import { gridText, storyText } from "./block_text.ts";
import { writeStart } from "./compare_new.ts";
import { endBetweenTurns } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { isScreen, paint, print, publish, reportError, talk, tell } from "./report.ts";
import { lineOf, type Values } from "./table/command.ts";
import { LIVE_CASES, type compare as table } from "./table/compare.ts";
import { atEachSave } from "./watch.ts";

type Options = Values<typeof table>;

export async function runCompare(
  encoders: readonly string[],
  values: Options,
  command: CommandUnknownOpts,
): Promise<number> {
  if (values.new === undefined && command.getOptionValueSource("language") === "cli")
    throw new InputError("--language is for --new: it needs --new");
  if (values.new !== undefined) {
    if (encoders.length > 0) throw new InputError("--new takes no encoder");
    await writeStart(values.new, values.language, values.arch ?? HOST_ARCH);
    return 0;
  }
  const named = encoders.length > 0 ? encoders : ENCODERS;
  const all = [...new Set(named.map(encoderOf))];
  if (values.html !== undefined) checkOutput(values.html);
  const line = lineOf(command);
  if (values.watch !== true) {
    const stopListening = endBetweenTurns();
    // From its report on a signal ends the process, even while a slow reader blocks it.
    return compareOnce(all, values, line, stopListening).finally(stopListening);
  }
  const files = all.filter(isEncoderFile);
  if (files.length === 0) throw new InputError("--watch needs an encoder from a file");
  return atEachSave(files, async (signal) => {
    const begin = () => {
      if (isScreen(process.stdout)) print("\x1b[H\x1b[2J\x1b[3J");
      tell(`${paint("dim", `${new Date().toTimeString().slice(0, 8)}  ${line}`)}\n\n`);
    };
    try {
      return await compareOnce(all, values, line, begin, signal);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      begin();
      reportError(error, false);
      return 2;
    }
  });
}

/** The file of an encoder's folder that `--new` wrote; other words stay. */
function encoderOf(word: string): string {
  const has = (name: string) => existsSync(join(word, name));
  if (ALL_ENCODERS.some((known) => known === word)) return word;
  if (has("encoder.mjs")) return join(word, "encoder.mjs");
  // What is not built yet is named, so that --watch waits for it.
  return has("build") ? join(word, "mine.wasm") : word;
}

/** @param begin is called before the report */
async function compareOnce(
  names: readonly string[],
  values: Options,
  command: string,
  begin: () => void,
  signal?: AbortSignal,
): Promise<number> {
  const arches = values.arch === undefined ? ARCHES : [values.arch];
  using opened = await openSubjectsConfined(names, arches);
  const progress = new Progress({ lines: true });
  const options: CompareOptions = {
    ...opened,
    ...limitsOf(values),
    signal,
    seed: values.seed,
    live: values.live ? LIVE_CASES : undefined,
    progress: (share, cases) => progress.show(share, `${count(cases)} cases`),
  };
  const { report } = await compare(options).finally(() => progress.clear());
  const { outcome } = summaryOf(report);
  if (outcome === "nothing") talk(nothingCompared(report));
  begin();
  if (values.html !== undefined) await writeOutput(values.html, renderComparePage(report, command));
  publish(values.json, "stublab.compare/1", report, compareText(report, values.verbose));
  return outcome !== "agreement" || isIncomplete(report, values) ? 1 : 0;
}

/** The options that select cases and limit the run. @throws InputError */
function limitsOf(values: Options): Pick<CompareOptions, "only" | "input" | "cases" | "seconds"> {
  const { cases, seconds, operation = [], case: input } = values;
  if (input === undefined) return { only: values.operation, cases, seconds };
  const [only, ...others] = operation;
  const name = FUNCTION_NAMES.find((each) => each === only);
  if (name === undefined || others.length > 0) {
    throw new InputError("--case needs one function, named with --operation", {
      remedy: `functions: ${FUNCTION_NAMES.join(", ")}`,
    });
  }
  const { constants } = openEncoder("assembly", values.arch ?? HOST_ARCH);
  const words = [...input].map(
    ([key, text]) => [key, BigInt.asUintN(64, parseFlags(text, constants))] as const,
  );
  return { only: [name], cases: 1, input: new Map(words) };
}

function isIncomplete(report: CompareReport, { complete, live }: Options): boolean {
  const unasked = live === true && report.functions.some(({ arch }) => arch !== HOST_ARCH);
  return complete === true && (report.uncompared.length > 0 || unasked);
}

function nothingCompared({ encoders, uncompared }: CompareReport): string {
  const lacking = uncompared.find(({ encoder }) => isEncoderFile(encoder));
  const why = encoders.every(({ name }) => name === "native") ? ": native is the reference" : "";
  const remedy =
    lacking === undefined
      ? "name another encoder to compare"
      : `add the functions to ${lacking.encoder}, and export them: docs/encoder-abi.md says what each does`;
  return `stublab: nothing was compared${why}\n  remedy: ${remedy}\n`;
}

/**
 * A comparison as text for a terminal: each finding, then one line.
 *
 * @param verbose whether to add the tables, and to show excused differences in full
 */
export function compareText(report: CompareReport, verbose?: boolean): string {
  const stories = storiesOf(report);
  const excused = stories.filter(({ excuse }) => excuse !== null && !verbose);
  const parts = [
    ...(verbose ? [agreementGrid(report, stories), ...detailGrids(report)].map(gridText) : []),
    ...stories.filter((story) => !excused.includes(story)).map(storyText),
    excused.map(({ title, beside, excuse }) => `${title}  ${beside}: ${excuse}`).join("\n"),
    report.notes.map((note) => `note: ${note}`).join("\n"),
    ending(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** One line, or two if something was found. */
function ending(report: CompareReport): string {
  const { outcome, statements, run, rest } = summaryOf(report);
  const found = outcome === "findings";
  const told = outcome === "nothing" ? ["nothing was compared"] : statements.map((it) => it.text);
  const result = paint(outcome === "agreement" ? "green" : "red", told.join("; "));
  return `${result}${found ? "\n" : ": "}${[run, ...rest].join("; ")}`;
}
