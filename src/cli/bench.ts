import { existsSync } from "node:fs";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { pathOf } from "../core/shim/shim.ts";
import { CALLS, gridOf, headOf, legendOf, storyOf } from "../labs/bench/blocks.ts";
import { choose } from "../labs/bench/choose.ts";
import { schedulingPolicy } from "../labs/bench/machine.ts";
import { measure } from "../labs/bench/measure.ts";
import type { Group, Mechanism } from "../labs/bench/mechanism.ts";
import { GROUPS, MECHANISMS } from "../labs/bench/mechanisms.ts";
import { noiseLine } from "../labs/bench/noise.ts";
import { renderBenchPage } from "../labs/bench/page.ts";
import { benchDocument, type Report } from "../labs/bench/report.ts";
import { openSide } from "../labs/bench/side.ts";
import { REBUILD, UnsupportedError } from "../lib/errors.ts";
import { gridText, storyText } from "./block_text.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { fold, paint, publish, tell } from "./report.ts";
import { lineOf, type Values } from "./table/command.ts";
import type { bench as table } from "./table/stubs.ts";

const WARM_UP = 15;
/** Of a batch. */
const MILLISECONDS = 10;

export async function runBench(
  names: readonly string[],
  values: Values<typeof table>,
  command: CommandUnknownOpts,
) {
  const mechanisms = choose(names, GROUPS, MECHANISMS);
  if (values.list) {
    tell(listText(GROUPS, mechanisms));
    return 0;
  }
  const { rounds, html, json } = values;
  if (html !== undefined) checkOutput(html);
  expectProgram();
  const progress = new Progress();
  return finishing(async (interrupted, release) => {
    const report = await measure({
      groups: GROUPS,
      mechanisms,
      open: openSide,
      rounds,
      warmUp: WARM_UP,
      duration: MILLISECONDS,
      interrupted,
      progress: (share, text) => progress.show(share, text),
    });
    progress.clear();
    await release();
    if (html !== undefined) await writeOutput(html, renderBenchPage(report, lineOf(command)));
    publish(json, "stublab.bench/1", benchDocument(report), benchText(report));
    return report.results.every(({ microseconds }) => microseconds === undefined) ? 3 : 0;
  });
}

/** @throws UnsupportedError if the C side cannot run here, or would starve the machine */
function expectProgram(): void {
  if (process.arch !== "x64")
    throw new UnsupportedError(`stublab measures on x86-64, and this is ${process.arch}`);
  if (schedulingPolicy() !== 0) {
    throw new UnsupportedError("sides that spin would starve the machine at a real-time priority", {
      remedy: "run it without chrt",
    });
  }
  const path = pathOf("bench-amd64");
  if (!existsSync(path)) throw new UnsupportedError(`${path} is missing`, { remedy: REBUILD });
}

/** Columns of the whole text. */
const WIDTH = 80;

/** A run as text for a terminal of 80 columns. */
export function benchText(report: Report): string {
  const { noise, conditions, groups } = report;
  const verdict = paint(noise.length > 0 ? "red" : "green", noiseLine(conditions, noise));
  const head = [verdict, ...headOf(report)].join("\n");
  const grids = groups.map((group) => gridText(gridOf(group, report)));
  return fold(`${[head, ...grids, legendOf(report)].join("\n\n")}\n`, WIDTH);
}

/** What can be measured, and what it does. */
export function listText(groups: readonly Group[], mechanisms: readonly Mechanism[]): string {
  const stories = groups.flatMap((group) => storyOf(group, mechanisms) ?? []);
  return fold(`${[...stories.map(storyText), CALLS].join("\n\n")}\n`, WIDTH);
}
