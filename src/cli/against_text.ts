/* Two runs of the same cases, for people. */

import type { ContrastCause } from "../labs/fuzz/against/compare.ts";
import type { OutcomeLine } from "../labs/fuzz/against/log.ts";
import { type AgainstReport, differenceOf } from "../labs/fuzz/against/report.ts";
import { type Case, formatCase } from "../labs/fuzz/case/case.ts";
import { machineLine, tellField } from "../labs/fuzz/tell/told.ts";
import { visible } from "../lib/visible.ts";
import { paint } from "./report.ts";
import { number, plural, row } from "./rows.ts";

/** The most causes, fields and traits that are listed. */
const [MOST, MOST_FIELDS, MOST_TRAITS] = [20, 4, 5];

export function againstText(
  report: AgainstReport,
  causes: readonly ContrastCause[],
  minimized: ReadonlyMap<ContrastCause, Case>,
): string {
  const { a, b, seed, path, cases, others, alike, explained, unpredicted } = report;
  const { differing, triedOnlyOn, untried } = report;
  const apart = [...triedOnlyOn.a, ...triedOnlyOn.b].reduce((sum, { cases }) => sum + cases, 0);
  const same = cases - others - untried - apart - explained - differing;
  const lines = [
    ...runLines("A", a),
    ...runLines("B", b),
    row("cases", `${number(cases)} of seed ${BigInt(seed)}, path ${path}`),
    row("others", others > 0 && `${number(others)} are not the same: ${reasonOfOthers(report)}`),
    ...untriedLines(report),
    row("same", `${number(same)}, of which ${number(alike)} contradict the model on both`),
    row(
      "explained",
      explained > 0 && `${number(explained)} differ as the model predicts: ${featureText(report)}`,
    ),
    row("unpredicted", `${number(unpredicted)}: their stops are not compared`),
    ...causes
      .slice(0, MOST)
      .map((cause, i) => causeText(cause, report.causes[i], minimized.get(cause))),
    ...(causes.length > MOST ? [`and ${causes.length - MOST} more: --json has all\n`] : []),
    causes.length === 0
      ? row("causes", paint("green", "none: all other outcomes are the same"))
      : `\n${paint("bold", plural(causes.length, "cause"))} of ${plural(differing, "difference")}\n`,
  ];
  return lines.join("");
}

function runLines(name: string, run: AgainstReport["a"]): string[] {
  const { complete, lost, planted, known } = run;
  return [
    row(name, `${visible(run.name)}: ${machineLine(run.machine)}`),
    row("", planted && `planted: ${visible(planted)}`),
    row("", known && `known deviations: ${known}`),
    row("", !complete && `the run is not complete: it has ${number(run.cases)} cases`),
    row("", lost > 0 && `${plural(lost, "line")} of the log cannot be read`),
  ];
}

/** Cases that one machine, or neither, could be given. */
function untriedLines({ triedOnlyOn, untried }: AgainstReport): string[] {
  const only = (["a", "b"] as const).flatMap((name) =>
    triedOnlyOn[name].map(({ reason, cases }) =>
      row("untried", `${number(cases)} tried on ${name.toUpperCase()} only: ${visible(reason)}`),
    ),
  );
  return [...only, row("untried", untried > 0 && `${number(untried)} on both`)];
}

function reasonOfOthers({ a, b }: AgainstReport): string {
  const [one, other] = [a.machine, b.machine];
  const [calls, otherCalls] = [one, other].map(({ features }) => features.includes("ia32"));
  const reasons = [
    one.xstateLength !== other.xstateLength && "the XSAVE areas have other lengths",
    calls !== otherCalls && "one kernel has no 32-bit calls",
    a.known !== b.known && "known deviations keep cases from one machine",
  ];
  return reasons.filter(Boolean).join(", and ");
}

function featureText({ a, b, features }: AgainstReport): string {
  const parts = [
    features.a.length > 0 && `only A has ${features.a.join(", ")}`,
    features.b.length > 0 && `only B has ${features.b.join(", ")}`,
    a.known !== b.known && "their known deviations are others",
  ];
  return parts.filter(Boolean).join("; ") || "the machines have other numbers";
}

const WHERE = { a: "on A only", b: "on B only", both: "on both, in other ways" } as const;

function causeText(
  cause: ContrastCause,
  written: AgainstReport["causes"][number] | undefined,
  minimized: Case | undefined,
): string {
  const { side, trait, also, cases, of, fields, smallest } = cause;
  const rule = written?.rule ?? null;
  const share = `${plural(cases.length, "case")} of ${number(of)}`;
  const title = paint("red", `${trait}, ${WHERE[side]}`);
  const shown = fields.slice(0, MOST_FIELDS).map(([field, count]) => `${field} ${number(count)}`);
  const more = fields.length - shown.length;
  const indented = (name: string, text: string) => `  ${name.padEnd(13)}${text}\n`;
  return [
    `\n${title}: the outcome contradicts the prediction in ${share}\n`,
    ...(rule === null ? [] : [indented("rule", `${rule.text} (${rule.source})`)]),
    ...(also.length === 0 ? [] : [indented("all have", also.slice(0, MOST_TRAITS).join(", "))]),
    indented("fields", `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`),
    indented("smallest", `case ${smallest.index}`),
    ...(["a", "b"] as const).map((name) =>
      indented(`  ${name.toUpperCase()}`, outcomeText(smallest[name], cause)),
    ),
    indented("", JSON.stringify(formatCase(minimized ?? smallest.it))),
  ].join("");
}

/** The field in which the smallest case differs first. */
function outcomeText(line: OutcomeLine | undefined, cause: ContrastCause): string {
  const logged =
    line?.fields.find(({ field }) => field === cause.smallest.field) ?? line?.fields[0];
  if (line === undefined || logged === undefined) return "as predicted";
  const { field, predicted, seen } = differenceOf(logged);
  const unstable = line.hash === null ? ", another at each attempt" : "";
  const got = seen === null ? "nothing" : tellField(field, seen);
  return `${field}: predicted ${tellField(field, predicted)}, got ${got}${unstable}`;
}
