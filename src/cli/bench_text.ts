import { CALLS, gridOf, headOf, legendOf, storyOf } from "../labs/bench/blocks.ts";
import type { Group, Mechanism } from "../labs/bench/mechanism.ts";
import { noiseLine } from "../labs/bench/noise.ts";
import type { Report } from "../labs/bench/report.ts";
import { gridText, storyText } from "./block_text.ts";
import { fold } from "./fold.ts";
import { paint } from "./report.ts";

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
