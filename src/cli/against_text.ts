/* Two runs of the same cases, for people. */

import type { AgainstReport } from "../labs/fuzz/against/report.ts";
import { machineLine } from "../labs/fuzz/tell/told.ts";
import { count, counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { differenceText } from "./fuzz_text.ts";
import { paint } from "./report.ts";
import { first, row, some } from "./rows.ts";

/** The most causes, fields and traits that are listed. */
const [MOST, MOST_FIELDS, MOST_TRAITS] = [20, 4, 5];
const SIDES = ["a", "b"] as const;
const WHERE = { a: "on A only", b: "on B only", both: "on both, in other ways" } as const;

export function againstText(report: AgainstReport): string {
  const { seed, path, cases, others, alike, explained, unpredicted, differing } = report;
  const { triedOnlyOn, untried, causes } = report;
  const only = SIDES.flatMap((side) => triedOnlyOn[side].map((it) => ({ side, ...it })));
  const apart = only.reduce((sum, { cases }) => sum + cases, 0);
  const same = cases - others - untried - apart - explained - differing;
  return [
    ...SIDES.map((side) => runText(side.toUpperCase(), report[side])),
    row("cases", `${count(cases)} of seed ${BigInt(seed)}, path ${path}`),
    some("others", others, `are not the same: ${reasonOfOthers(report)}`),
    ...only.map(({ side, reason, cases }) =>
      some("untried", cases, `tried on ${side.toUpperCase()} only: ${visible(reason)}`),
    ),
    some("untried", untried, "on both"),
    row("same", `${count(same)}, of which ${count(alike)} contradict the model on both`),
    some("explained", explained, `differ as the model predicts: ${featureText(report)}`),
    row("unpredicted", `${count(unpredicted)}: their stops are not compared`),
    ...causes.slice(0, MOST).map(causeText),
    causes.length > MOST ? `and ${causes.length - MOST} more: --json has all\n` : "",
    causes.length === 0
      ? row("causes", paint("green", "none: all other outcomes are the same"))
      : `\n${paint("bold", counted(causes.length, "cause"))} of ${counted(differing, "difference")}\n`,
  ].join("");
}

function runText(title: string, run: AgainstReport["a"]): string {
  const { name, machine, complete, lost, planted, known, cases } = run;
  return [
    row(title, `${visible(name)}: ${machineLine(machine)}`),
    row("", planted && `planted: ${visible(planted)}`),
    row("", known && `known deviations: ${known}`),
    row("", !complete && `the run is not complete: it has ${count(cases)} cases`),
    row("", lost > 0 && `${counted(lost, "line")} of the log cannot be read`),
  ].join("");
}

function reasonOfOthers({ a, b, features }: AgainstReport): string {
  const reasons = [
    a.machine.xstateLength !== b.machine.xstateLength && "the XSAVE areas have other lengths",
    [...features.a, ...features.b].includes("ia32") && "one kernel has no 32-bit calls",
    a.known !== b.known && "known deviations keep cases from one machine",
  ];
  return reasons.filter(Boolean).join(", and ");
}

function featureText({ a, b, features }: AgainstReport): string {
  const only = (name: string, own: readonly string[]) =>
    own.length > 0 && `only ${name} has ${own.join(", ")}`;
  const known = a.known !== b.known && "their known deviations are others";
  const parts = [only("A", features.a), only("B", features.b), known];
  return parts.filter(Boolean).join("; ") || "the machines have other numbers";
}

type Cause = AgainstReport["causes"][number];

function causeText({ side, rule, trait, also, cases, of, fields, ...cause }: Cause): string {
  const { smallest, minimized } = cause;
  const differing = fields.map(({ field, cases }) => `${field} ${count(cases)}`);
  const indented = (name: string, text: string | null) => text && `  ${row(name, text)}`;
  return [
    `\n${paint("red", `${trait}, ${WHERE[side]}`)}: the outcome contradicts the prediction in `,
    `${counted(cases, "case")} of ${count(of)}\n`,
    indented("rule", rule && `${rule.text} (${rule.source})`),
    indented("all have", also.slice(0, MOST_TRAITS).join(", ")),
    indented("fields", first(MOST_FIELDS, differing)),
    indented("smallest", `case ${smallest.index}`),
    ...SIDES.map((name) => indented(`  ${name.toUpperCase()}`, outcomeText(name, smallest))),
    indented("", JSON.stringify(minimized ?? smallest.case)),
  ].join("");
}

/** The field in which the smallest case differs first. */
function outcomeText(side: "a" | "b", { field, unstable, ...seenOn }: Cause["smallest"]): string {
  const rows = seenOn[side] ?? [];
  const it = rows.find((row) => row.field === field) ?? rows[0];
  if (it === undefined) return "as predicted";
  return `${differenceText(it)}${unstable[side] ? ", another at each attempt" : ""}`;
}
