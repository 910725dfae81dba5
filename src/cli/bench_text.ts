import { COLUMNS, cellsOf, sequenceOf, skipOf } from "../labs/bench/figures.ts";
import { machineLines } from "../labs/bench/machine.ts";
import type { Group, Mechanism } from "../labs/bench/mechanism.ts";
import { noiseLine } from "../labs/bench/noise.ts";
import { type Report, resultsOf } from "../labs/bench/report.ts";
import { fold } from "./fold.ts";
import { paint } from "./report.ts";

/** Columns of the whole text, and of the names and figures in it. */
const WIDTH = 80;
const NAME = 15;
const COLUMN = [7, 13, 8, 7, 9, 7];

/** A run as text for a terminal of 80 columns. */
export function benchText(report: Report): string {
  const { noise, rounds, seconds, bound, groups, interrupted } = report;
  const other = bound.other === undefined ? "" : `; processor ${bound.other} where two are needed`;
  const head = [
    paint(noise.length > 0 ? "red" : "green", noiseLine(report.conditions, noise)),
    ...(interrupted ? [`interrupted after ${rounds} rounds`] : []),
    ...machineLines(report.machine),
    `${rounds} rounds in ${seconds.toFixed(0)} s, bound to processor ${bound.own}${other}`,
  ];
  const clean = noise.length > 0 ? "~ marks ratios of a noisy run. " : "";
  const legend = `${clean}Medians with quartiles, in microseconds; stops, wake-ups and system calls of each.`;
  const parts = groups.map((group) => groupText(group, report));
  return fold(`${[head.join("\n"), ...parts, legend].join("\n\n")}\n`, WIDTH);
}

function groupText(group: Group, report: Report): string {
  return [
    paint("bold", `${group.name}: ${group.title}`),
    ...[`  ${group.why}`, `  ratio: to ${group.against}`],
    paint("dim", row("", ...COLUMNS)),
    ...resultsOf(report, group).map((result) => {
      const { name } = result.mechanism;
      const skipped = skipOf(result);
      if (skipped !== undefined) return paint("dim", `  ${name.padEnd(NAME)}  ${skipped}`);
      return row(name, ...cellsOf(result, report.noise.length > 0));
    }),
  ].join("\n");
}

function row(name: string, ...cells: readonly string[]): string {
  const columns = cells.map((cell, i) => cell.padStart(COLUMN[i] ?? 0));
  return [`  ${name.padEnd(NAME)}`, ...columns].join(" ").trimEnd();
}

/** What can be measured, and what it does. */
export function listText(groups: readonly Group[], mechanisms: readonly Mechanism[]): string {
  const lines = groups.flatMap(({ name, title }) => {
    const own = mechanisms.filter(({ group }) => group === name);
    const row = (name: string, text: string) => `  ${name.padEnd(NAME)}  ${text}`;
    const rows = own.flatMap((each) => [
      row(each.name, each.title),
      ...(each.cost === undefined ? [] : [row("", sequenceOf(each))]),
    ]);
    return own.length === 0 ? [] : [`${name}: ${title}`, ...rows, ""];
  });
  const legend =
    "The calls are those of one operation: of the measuring process, then of the other. ptrace " +
    "requests are named without PTRACE_.";
  return fold([...lines, legend].join("\n"), WIDTH);
}
