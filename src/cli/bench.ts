import { existsSync } from "node:fs";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { pathOf } from "../core/shim/shim.ts";
import { choose } from "../labs/bench/choose.ts";
import { schedulingPolicy } from "../labs/bench/machine.ts";
import { measure } from "../labs/bench/measure.ts";
import { GROUPS, MECHANISMS } from "../labs/bench/mechanisms.ts";
import { renderBenchPage } from "../labs/bench/page.ts";
import { benchDocument, type Report } from "../labs/bench/report.ts";
import { openSide } from "../labs/bench/side.ts";
import { REBUILD, UnsupportedError } from "../lib/errors.ts";
import { benchText, listText } from "./bench_text.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { publish, tell } from "./report.ts";
import type { bench as table } from "./table/bench.ts";
import { lineOf, type Values } from "./table/command.ts";

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
  const show = async (report: Report) => {
    if (html !== undefined) await writeOutput(html, renderBenchPage(report, lineOf(command)));
    publish(json, "stublab.bench/1", benchDocument(report), benchText(report));
  };
  const progress = new Progress();
  const report = await finishing(async (interrupted) => {
    const measured = await measure({
      ...{ groups: GROUPS, mechanisms, open: openSide, interrupted },
      ...{ rounds, warmUp: WARM_UP, duration: MILLISECONDS },
      progress: (share, text) => progress.show(share, text),
    });
    progress.clear();
    // Otherwise it is reported where a signal ends this process at once: a FIFO may have no reader.
    if (interrupted.aborted) await show(measured);
    return measured;
  });
  await show(report);
  return report.results.every(({ microseconds }) => microseconds === undefined) ? 3 : 0;
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
