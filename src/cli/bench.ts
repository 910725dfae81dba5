import { existsSync } from "node:fs";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { pathOf } from "../core/shim/shim.ts";
import { choose } from "../labs/bench/choose.ts";
import { schedulingPolicy } from "../labs/bench/machine.ts";
import { measure } from "../labs/bench/measure.ts";
import { GROUPS, MECHANISMS } from "../labs/bench/mechanisms.ts";
import { renderBenchPage } from "../labs/bench/page.ts";
import { benchDocument } from "../labs/bench/report.ts";
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
