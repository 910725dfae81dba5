import { digits, eventsOf, sequenceOf } from "../labs/bench/figures.ts";
import { machineLines } from "../labs/bench/machine.ts";
import type { Group, Mechanism } from "../labs/bench/mechanism.ts";
import { noiseLine } from "../labs/bench/noise.ts";
import { type Report, type Result, resultsOf } from "../labs/bench/report.ts";
import { quartilesOf } from "../labs/bench/spread.ts";
import { foldLine } from "./fold.ts";
import { paint } from "./report.ts";

/** Columns of the whole text, and of the bars in it. */
const WIDTH = 80;
const BAR = 14;
const NAME = 15;

/** Eighths of a column. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A run as text for a terminal of 80 columns. */
export function benchText(report: Report): string {
  const { noise, rounds, seconds, bound, groups, interrupted } = report;
  const other = bound.other === undefined ? "" : `; processor ${bound.other} where two are needed`;
  const lines = [
    paint(noise.length > 0 ? "red" : "green", noiseLine(report.conditions, noise)),
    ...(interrupted ? [`interrupted after ${rounds} rounds`] : []),
    ...machineLines(report.machine),
    `${rounds} rounds in ${seconds.toFixed(0)} s, bound to processor ${bound.own}${other}`,
  ];
  const head = lines.flatMap((line) => foldLine(line, WIDTH)).join("\n");
  const parts = groups.map((group) => groupText(group, report));
  const clean = noise.length > 0 ? "~ marks ratios of a noisy run. " : "";
  const legend = `${clean}Medians with quartiles, in microseconds; stops, wake-ups and system calls of each.`;
  return `${[head, ...parts, foldLine(legend, WIDTH).join("\n")].join("\n\n")}\n`;
}

function groupText(group: Group, report: Report): string {
  const results = resultsOf(report, group);
  const scale = Math.max(0, ...results.map(({ microseconds }) => microseconds?.median ?? 0));
  const title = foldLine(`${group.name}: ${group.title}`, WIDTH).map((line) => paint("bold", line));
  const head = row("", "µs", "quartiles", "ratio", "stop", "wake", "call", "");
  const rows = results.flatMap((result) => resultLines(result, scale, report.noise.length > 0));
  const whys = foldLine(`  ${group.why}`, WIDTH);
  const against = foldLine(`  ratio: to ${group.against}`, WIDTH);
  return [...title, ...whys, ...against, paint("dim", head), ...rows].join("\n");
}

function row(name: string, ...cells: string[]): string {
  const [median, quartiles, ratio, stops, wakeups, calls, bar] = cells;
  return [
    `  ${name.padEnd(NAME)}`,
    median?.padStart(6),
    quartiles?.padStart(13),
    ratio?.padStart(7),
    stops?.padStart(4),
    wakeups?.padStart(4),
    calls?.padStart(5),
    bar,
  ]
    .join(" ")
    .trimEnd();
}

function resultLines(result: Result, scale: number, noisy: boolean): string[] {
  const { mechanism, microseconds, ratio, reason, batches } = result;
  const { name } = mechanism;
  if (microseconds === undefined) {
    const line = `  ${name.padEnd(NAME)}  skipped: ${reason ?? "not measured"}`;
    return foldLine(line, WIDTH).map((each) => paint("dim", each));
  }
  const { median } = microseconds;
  const { stops, wakeups, calls } = eventsOf(mechanism);
  const told = ratio === undefined ? "" : `${noisy ? "~" : ""}${digits(ratio.median)}`;
  const quartiles = quartilesOf(microseconds, batches)?.map(digits).join("–") ?? "";
  return [row(name, digits(median), quartiles, told, stops, wakeups, calls, bar(median / scale))];
}

/** A bar for a share of its width. */
function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

/** What can be measured, and what it does. */
export function listText(groups: readonly Group[], mechanisms: readonly Mechanism[]): string {
  const lines = groups.flatMap((group) => {
    const own = mechanisms.filter((each) => each.group === group.name);
    if (own.length === 0) return [];
    return [
      `${group.name}: ${group.title}`,
      ...own.flatMap((each) => [
        `  ${each.name.padEnd(NAME)}  ${each.title}`,
        ...(each.cost === undefined ? [] : [`  ${"".padEnd(NAME)}  ${sequenceOf(each)}`]),
      ]),
      "",
    ];
  });
  const legend =
    "The calls are those of one operation: of the measuring process, then of the other. ptrace " +
    "requests are named without PTRACE_.";
  return [...lines, legend].flatMap((line) => foldLine(line, WIDTH)).join("\n");
}
