import { COLUMNS, cellsOf, sequenceOf, skipOf } from "../labs/bench/figures.ts";
import { machineLines } from "../labs/bench/machine.ts";
import type { Group, Mechanism } from "../labs/bench/mechanism.ts";
import { noiseLine } from "../labs/bench/noise.ts";
import { type Report, resultsOf } from "../labs/bench/report.ts";
import { foldLine } from "./fold.ts";
import { paint } from "./report.ts";

/** Columns of the whole text, and of the bars in it. */
const WIDTH = 80;
const BAR = 10;
const NAME = 15;
const COLUMN = [6, 12, 6, 5, 8, 6];

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
  const noisy = report.noise.length > 0;
  return [
    ...foldLine(`${group.name}: ${group.title}`, WIDTH).map((line) => paint("bold", line)),
    ...[`  ${group.why}`, `  ratio: to ${group.against}`].flatMap((line) => foldLine(line, WIDTH)),
    paint("dim", row("", COLUMNS, "")),
    ...results.flatMap((result) => {
      const { mechanism, microseconds } = result;
      const skipped = foldLine(`  ${mechanism.name.padEnd(NAME)}  ${skipOf(result)}`, WIDTH);
      return microseconds === undefined
        ? skipped.map((line) => paint("dim", line))
        : [row(mechanism.name, cellsOf(result, noisy), bar(microseconds.median / scale))];
    }),
  ].join("\n");
}

function row(name: string, cells: readonly string[], bar: string): string {
  const columns = cells.map((cell, i) => cell.padStart(COLUMN[i] ?? 0));
  return [`  ${name.padEnd(NAME)}`, ...columns, bar].join(" ").trimEnd();
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
