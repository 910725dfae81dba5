import type { Grid, Said } from "../../lib/page/block.ts";
import { count, sum } from "../../lib/page/figures.ts";
import type { CompareReport, Coverage } from "./report.ts";
import type { CompareStory } from "./stories.ts";

/** Of each row and encoder: its cases, those that differ, and those that differ and are not errors. */
function talliesOf({ functions, layouts }: CompareReport) {
  return [
    ...functions.flatMap(({ arch, operation, pairs }) =>
      pairs.map(({ encoders: [encoder], cases, disagreed, byDesign, noInput }) => {
        const apart = byDesign + noInput;
        return { row: `${arch} ${operation}`, encoder, cases, disagreed, apart };
      }),
    ),
    ...layouts.flatMap(({ arch, encoders }) =>
      encoders.map(({ name: encoder, compared: cases, disagreed }) => {
        return { row: `${arch} layout`, encoder, cases, disagreed, apart: 0 };
      }),
    ),
  ].filter(({ cases }) => cases > 0);
}

/**
 * By operation and encoder, how many results differ from the reference.
 *
 * @param stories those that a cell can lead to
 */
export function agreementGrid(report: CompareReport, stories: readonly CompareStory[]): Grid {
  const tallies = talliesOf(report);
  const encoders = [...new Set(tallies.map(({ encoder }) => encoder))];
  const cellOf = (row: string, encoder: string): Said => {
    const own = tallies.filter((each) => each.row === row && each.encoder === encoder);
    const [disagreed, apart] = [
      sum(own.map((each) => each.disagreed)),
      sum(own.map((each) => each.apart)),
    ];
    const to = stories.find((each) => each.encoder === encoder && each.row === row)?.id;
    if (own.length === 0) return "-";
    if (disagreed > 0) return [{ text: count(disagreed), tone: "bad", to }];
    return apart > 0 ? `~${count(apart)}` : "=";
  };
  const most = (row: string) => {
    const names = report.functions.filter(({ arch, operation }) => `${arch} ${operation}` === row);
    const cases = tallies.filter((each) => each.row === row).map((each) => each.cases);
    return names.length > 0 ? sum(names.map((each) => each.cases)) : Math.max(...cases);
  };
  return {
    id: "agreement",
    title: "Agreement with the reference",
    columns: ["operation", "cases", ...encoders],
    rows: [...new Set(tallies.map(({ row }) => row))].map((row) => [
      row,
      count(most(row)),
      ...encoders.map((encoder) => cellOf(row, encoder)),
    ]),
    one: "row",
    note: "= the same results; a number: so many differ; ~ so many differ by design, or where no kernel makes the input; - not compared",
  };
}

/** What each encoder has, what the kernel was asked, and how much of the inputs was tried. */
export function detailGrids({ encoders, live, functions, uncompared }: CompareReport): Grid[] {
  const asked: Grid = {
    id: "kernel",
    title: "Asked of the kernel",
    columns: ["function", "encoder", "cases", "held", "undecided", "failed", "asked"],
    rows: live.map(({ name, encoder, cases, held, undecided, asked: how }) => [
      ...[name, encoder, count(cases), count(held), count(undecided)],
      cases > held + undecided
        ? [{ text: count(cases - held - undecided), tone: "bad" as const }]
        : "0",
      how,
    ]),
    one: "row",
  };
  return [
    ...(live.length === 0 ? [] : [asked]),
    {
      id: "coverage",
      title: "Coverage of the inputs",
      columns: ["function", "cases", "seen"],
      rows: functions.map(({ arch, name, cases, coverage }) => [
        `${arch} ${name}`,
        count(cases),
        coverageText(coverage),
      ]),
      one: "function",
    },
    {
      id: "encoders",
      title: "Encoders",
      columns: ["encoder", "architecture", "functions", "constants", "not compared"],
      rows: encoders.map((each) => [
        each.name,
        each.arch,
        count(each.functions),
        count(each.constants),
        uncompared
          .filter(({ encoder, arch }) => encoder === each.name && arch === each.arch)
          .flatMap((left) => left.functions)
          .join(", "),
      ]),
      one: "encoder",
    },
  ];
}

/** A class of words is a sign and a bit length. */
function coverageText({ enumerated, flags, classes, statuses }: Coverage): string {
  const share = (seen: number, all: number, what: string) => `${count(seen)}/${count(all)} ${what}`;
  const [seen, all] = [sum(classes.map((each) => each.seen)), sum(classes.map((each) => each.all))];
  return [
    ...(enumerated.all > 0 ? [share(enumerated.seen, enumerated.all, "enumerated")] : []),
    ...flags.map(
      ({ parameter, bits, pairs }) =>
        `${parameter} ${share(bits.seen, bits.all, "bits")}, ${share(pairs.seen, pairs.all, "pairs")}`,
    ),
    ...(statuses === null
      ? []
      : [`${share(statuses.low, 65_536, "low halves")}, ${count(statuses.events)} events`]),
    ...(classes.length > 0 ? [share(seen, all, "classes of words")] : []),
  ].join("; ");
}
