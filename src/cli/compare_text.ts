import type {
  Breakage,
  CompareReport,
  Disagreement,
  FunctionReport,
  LiveReport,
} from "../labs/compare/report.ts";
import { count, counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { paint } from "./report.ts";

/**
 * A comparison as text for a terminal.
 *
 * @param verbose whether to add what the cases covered
 */
export function printComparison(report: CompareReport, verbose: boolean): string {
  const parts = [
    header(report),
    agreement(report),
    ...report.disagreements.map(disagreement),
    ...report.broken.map(breakage),
    live(report.live),
    ...(verbose ? [coverage(report.functions)] : []),
    ...report.notes.map((note) => `note: ${note}`),
    summary(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Columns are headed by letters, as pairs of names would not fit. */
function letters(report: CompareReport): Map<string, string> {
  const names = new Set(report.encoders.map(({ name }) => name));
  for (const { pairs } of report.functions) {
    for (const { encoders } of pairs) for (const name of encoders) names.add(name);
  }
  return new Map([...names].map((name, i) => [name, String.fromCharCode(65 + i)]));
}

function header(report: CompareReport): string {
  const lines = [...letters(report)].map(([name, letter]) => {
    const own = report.encoders.filter((encoder) => encoder.name === name);
    if (own.length === 0)
      return `  ${letter} ${name.padEnd(12)} the reference: native, compiled against them`;
    const has = own.map(({ arch, functions }) => `${arch} ${functions} functions`).join(", ");
    return `  ${letter} ${name.padEnd(12)} ${has}`;
  });
  const seconds = (report.milliseconds / 1000).toFixed(1);
  const title = `${counted(report.cases, "case")}, seed ${report.seed}, in ${seconds} s`;
  return [paint("bold", title), ...lines].join("\n");
}

/** Rows are operations on an architecture, columns are pairs of encoders. */
function agreement(report: CompareReport): string {
  const named = letters(report);
  const truth = new Set<string>();
  const rows = new Map<string, { cases: number; pairs: Map<string, Amounts> }>();
  const columns = new Set<string>();
  for (const { arch, operation, cases, pairs } of report.functions) {
    const key = `${arch} ${operation}`;
    const row = rows.get(key) ?? { cases: 0, pairs: new Map<string, Amounts>() };
    row.cases += cases;
    for (const pair of pairs) {
      const column = pair.encoders.map((name) => named.get(name)).join(":");
      columns.add(column);
      if (pair.truth) truth.add(column);
      const { cases: some, disagreed, apart } = row.pairs.get(column) ?? NONE;
      row.pairs.set(column, {
        cases: some + pair.cases,
        disagreed: disagreed + pair.disagreed,
        apart: apart + pair.byDesign + pair.noInput,
      });
    }
    rows.set(key, row);
  }
  if (rows.size === 0) return layouts(report);
  const names = [...columns].map((column) => (truth.has(column) ? `${column}*` : column));
  const head = [
    "agreement".padEnd(18),
    "cases".padStart(11),
    ...names.map((name) => name.padStart(9)),
  ];
  const body = [...rows].map(([key, { cases, pairs }]) => {
    const cells = [...columns].map((column) => cell(pairs.get(column)));
    return [key.padEnd(18), count(cases).padStart(11), ...cells].join(" ");
  });
  const all = [...rows.values()].flatMap(({ pairs }) => [...pairs.values()]);
  const legend = [
    ...(all.some(isSame) ? ["  =  all results are the same"] : []),
    ...(all.some(({ apart }) => apart > 0) ? ["  ~  apart: by design, or no such input"] : []),
    ...(truth.size > 0 ? ["  *  compared with the system's headers"] : []),
  ].join(";");
  return [paint("bold", head.join(" ")), ...body, legend, layouts(report)]
    .filter((line) => line !== "")
    .join("\n");
}

/** Cases of a pair, those that disagree, and those that differ and are no error. */
interface Amounts {
  readonly cases: number;
  readonly disagreed: number;
  readonly apart: number;
}

const NONE: Amounts = { cases: 0, disagreed: 0, apart: 0 };

function isSame({ cases, disagreed, apart }: Amounts): boolean {
  return cases > 0 && disagreed + apart === 0;
}

function cell(amounts: Amounts = NONE): string {
  if (amounts.cases === 0) return "-".padStart(9);
  if (amounts.disagreed > 0) return paint("red", count(amounts.disagreed).padStart(9));
  return (isSame(amounts) ? "=" : `~${count(amounts.apart)}`).padStart(9);
}

function layouts(report: CompareReport): string {
  return report.layouts
    .map(({ arch, encoders }) => {
      const told = encoders.map(({ name, compared, disagreed }) =>
        disagreed === 0
          ? `${name} ${compared === 0 ? "not compared" : counted(compared, "constant")}`
          : paint("red", `${name} ${disagreed} of ${counted(compared, "constant")} differ`),
      );
      return `${`${arch} layout`.padEnd(18)} ${told.join(", ")}`;
    })
    .join("\n");
}

function disagreement(found: Disagreement): string {
  const { encoder, against, field, name, flags, cases, masks, byte, own, other } = found;
  const where = name === null || name === field ? field : `${name} ${field}`;
  const names = flags.length === 0 ? "" : `  ${flags.join(" ")}`;
  const width = Math.max(encoder.length, against.length);
  const [first, second] = [
    firstDifferent(own.bytes, other.bytes),
    firstDifferent(other.bytes, own.bytes),
  ];
  const ways = masks > 1 ? `, in ${masks} ways` : "";
  return [
    paint(found.apart === null ? "red" : "bold", `${encoder}: ${found.arch} ${where}${names}`) +
      `  ${counted(cases, "case")}${ways}`,
    `  ${encoder.padEnd(width)}  ${own.bytes}  ${own.told}`,
    `  ${against.padEnd(width)}  ${other.bytes}  ${other.told}`,
    `  bad ${field} at byte ${byte}: 0x${first} != 0x${second}, xor ${found.xor}`,
    ...(name === null ? [] : [`  input    ${inputText(found.input)}`]),
    `  verdict  ${verdictText(found)}`,
    `  replay   ${found.replay}`,
  ].join("\n");
}

function firstDifferent(own: string, other: string): string {
  const bytes = other.split(" ");
  return own.split(" ").find((byte, i) => byte !== bytes[i]) ?? "";
}

function inputText(input: Disagreement["input"]): string {
  if (input.length === 0) return "every word is 0";
  return `${input.map(({ name, told }) => `${name} = ${told}`).join(", ")}, all else 0`;
}

const DECIDERS = { headers: "the headers", kernel: "the kernel", abi: "the ABI" } as const;

function verdictText({ verdict, apart }: Disagreement): string {
  const { by, wrong, reason } = verdict;
  if (apart !== null) return `${apart}: ${reason}`;
  if (by === "nobody") return reason;
  return `${DECIDERS[by]}: ${wrong.join(", ") || "none"} wrong; ${reason}`;
}

function breakage({ encoder, arch, name, kind, message, input, replay }: Breakage): string {
  const lines = [
    paint("red", `${encoder}: ${name === null ? "cannot be opened" : `${arch} ${name}`}: ${kind}`),
    `  ${visible(message)}`,
  ];
  if (name !== null) lines.push(`  input    ${inputText(input)}`);
  if (replay !== null) lines.push(`  replay   ${replay}`);
  return lines.join("\n");
}

/** A line for each function, with a column for each encoder: how many of its cases the kernel confirmed. */
function live(reports: readonly LiveReport[]): string {
  if (reports.length === 0) return "";
  const encoders = [...new Set(reports.map(({ encoder }) => encoder))];
  const width = Math.max(12, ...encoders.map((name) => name.length + 1));
  const head = ["the kernel: held of".padEnd(19), ...encoders.map((name) => name.padStart(width))];
  const rows = [...new Set(reports.map(({ name }) => name))].flatMap((name) => {
    const own = reports.filter((report) => report.name === name);
    const cells = encoders.map((encoder) => {
      const report = own.find((each) => each.encoder === encoder);
      if (report === undefined) return "-".padStart(width);
      const cell = `${report.held}/${report.cases}`.padStart(width);
      return report.failures.length === 0 ? cell : paint("red", cell);
    });
    return [
      `${name.padEnd(19)} ${cells.join(" ")}  ${own[0]?.asked ?? ""}`,
      ...own.flatMap((report) => report.failures.map((failure) => liveFailure(report, failure))),
    ];
  });
  const legend =
    "  cases that neither held nor are listed were undecided: the kernel does not show them, or they differ by design";
  return [paint("bold", head.join(" ")), ...rows, legend].join("\n");
}

function liveFailure({ encoder }: LiveReport, failure: LiveReport["failures"][number]): string {
  const { field, cases, meant, seen, input, replay } = failure;
  return [
    `  ${paint("red", `${encoder}: ${field}`)}  ${counted(cases, "case")}: expected ${meant}, got ${seen}`,
    `    input    ${inputText(input)}`,
    `    replay   ${replay}`,
  ].join("\n");
}

function coverage(functions: readonly FunctionReport[]): string {
  const lines = functions.flatMap(({ arch, name, coverage: seen }) => {
    const parts = seen.flags.map(
      ({ parameter, bits, pairs }) =>
        `${parameter} ${bits.seen}/${bits.all} bits, ${pairs.seen}/${pairs.all} pairs`,
    );
    if (seen.statuses !== null) {
      parts.push(`${count(seen.statuses.low)}/65,536 low halves, ${seen.statuses.events} events`);
    }
    const classes = seen.classes.reduce((sum, each) => sum + each.seen, 0);
    const all = seen.classes.reduce((sum, each) => sum + each.all, 0);
    if (all > 0) parts.push(`${classes}/${all} classes of words`);
    return parts.length === 0 ? [] : [`${`${arch} ${name}`.padEnd(26)} ${parts.join("; ")}`];
  });
  return lines.length === 0 ? "" : [paint("bold", "coverage"), ...lines].join("\n");
}

/** What was compared, in sums. */
function totals({ functions, layouts, live }: CompareReport) {
  const sum = (amounts: readonly number[]) => amounts.reduce((total, each) => total + each, 0);
  const pairs = functions.flatMap((each) => each.pairs);
  // Without headers, encoders are compared with each other.
  const decisive = pairs.some(({ truth }) => truth) ? pairs.filter(({ truth }) => truth) : pairs;
  return {
    cases: sum(functions.map((each) => Math.max(0, ...each.pairs.map(({ cases }) => cases)))),
    constants: sum(layouts.map(({ encoders }) => Math.max(0, ...encoders.map((e) => e.compared)))),
    judged: sum(live.map(({ held }) => held)),
    disagreed: sum(pairs.map(({ disagreed }) => disagreed)),
    byDesign: sum(decisive.map(({ byDesign }) => byDesign)),
    noInput: sum(decisive.map(({ noInput }) => noInput)),
  };
}

/** What a comparison results in. */
export function outcomeOf(report: CompareReport): "agreement" | "findings" | "nothing" {
  const { cases, constants, judged, disagreed } = totals(report);
  const found =
    disagreed > 0 ||
    report.broken.length > 0 ||
    report.disagreements.some(({ apart }) => apart === null) ||
    report.live.some(({ failures }) => failures.length > 0);
  if (found) return "findings";
  return cases + constants + judged === 0 ? "nothing" : "agreement";
}

function summary(report: CompareReport): string {
  const { cases, constants, judged, byDesign, noInput } = totals(report);
  const lacking = report.uncompared.reduce((sum, { functions }) => sum + functions.length, 0);
  const left = [
    ...(byDesign > 0 ? [`${counted(byDesign, "result")} differ by design`] : []),
    ...(noInput > 0
      ? [`${counted(noInput, "result")} differ where no kernel makes the input`]
      : []),
    ...(lacking > 0
      ? [`${counted(lacking, "function")} ${lacking === 1 ? "was" : "were"} not compared`]
      : []),
  ];
  if (outcomeOf(report) === "findings") return [paint("red", findings(report)), ...left].join("; ");
  const agreed = [
    ...(cases > 0 ? [counted(cases, "case")] : []),
    ...(constants > 0 ? [counted(constants, "constant")] : []),
    ...(cases + constants === 0 ? [`${counted(judged, "case")} of the kernel's`] : []),
  ];
  const said = `${byDesign + noInput > 0 ? "no error in" : "agreement in"} ${agreed.join(" and ")}`;
  return [paint("green", said), ...left].join("; ");
}

function findings(report: CompareReport): string {
  const errors = report.disagreements.filter(({ apart }) => apart === null);
  const wrong = new Set([
    ...errors.map(({ encoder }) => encoder),
    ...report.broken.map(({ encoder }) => encoder),
    ...report.live.filter(({ failures }) => failures.length > 0).map(({ encoder }) => encoder),
  ]);
  const failures = report.live.reduce((sum, each) => sum + each.failures.length, 0);
  const total = errors.length + report.broken.length + failures;
  return `${[...wrong].join(", ")}: ${counted(total, "finding")}`;
}
