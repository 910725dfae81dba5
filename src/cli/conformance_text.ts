/* The score of a kernel, and how two kernels differ, for people. */

import type { FactsDiff } from "../labs/fuzz/facts/diff.ts";
import {
  failedShare,
  failureLines,
  processorNotes,
  skippedLines,
  skipText,
} from "../labs/fuzz/facts/failures.ts";
import { countsOf, rulesOf, type Verdict } from "../labs/fuzz/facts/verdict.ts";
import type { Machine } from "../labs/fuzz/machine.ts";
import { machineLine } from "../labs/fuzz/tell/told.ts";
import { grouped, countsOf as numbersOf } from "../lib/group.ts";
import { counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { paint } from "./report.ts";

const MOST_LINES = 4;

type Based = Pick<Verdict["fact"], "source" | "rules">;

/** The first lines about one fact: the rest is like them. */
function firstLines(lines: readonly string[]): string[] {
  const more = lines.length - MOST_LINES;
  const rest = more > 0 ? [`… and ${more} more: --json has all`] : [];
  return [...lines.slice(0, MOST_LINES), ...rest];
}

/** What follows the groups: the checks that were skipped of facts that were looked at, and the score. */
export function scoreText(verdicts: readonly Verdict[]): string {
  const partly = verdicts.filter(({ status }) => status !== "skipped");
  const lines = skippedLines(partly).map((line) => `${paint("dim", line)}\n`);
  const { facts, held, skipped, known = 0, checks } = countsOf(verdicts);
  const made = facts - skipped - known;
  const share = made === 0 ? "" : `, ${((100 * held) / made).toFixed(1)} %`;
  const attempts = verdicts.reduce((sum, { contradictions }) => sum + contradictions, 0);
  const rules = [...rulesOf(verdicts).values()];
  const kept = rules.filter((holds) => holds).length;
  return [
    ...["\n", ...lines],
    paint("bold", `${held} of ${made} facts hold${share}`),
    known > 0 && `; ${known} known not to`,
    skipped > 0 && `; ${skipped} skipped`,
    attempts > 0 && `; not counted: ${counted(attempts, "irreproducible attempt")}`,
    ` (${rules.length > 0 ? `${kept} of ${rules.length} rules, ` : ""}${checks} checks)\n`,
  ]
    .filter(Boolean)
    .join("");
}

/** A line for a group, and what does not hold or was skipped in it. `width` is that of the groups' names. */
export function groupText(verdicts: readonly Verdict[], width: number, machine?: Machine): string {
  const title = (verdicts[0]?.fact.group ?? "").padEnd(width + 2);
  const { facts, held, failed, skipped, known = 0 } = countsOf(verdicts);
  const score = paint(failed > 0 ? "red" : "green", `${held} of ${facts - skipped - known}`);
  const rest = [known > 0 && `, ${known} known`, skipped > 0 && `, ${skipped} skipped`];
  // Those of one request are skipped for the same reason.
  const reasons = grouped(
    verdicts.filter(({ status }) => status === "skipped"),
    skipText,
  );
  return [
    `${title}${score}${rest.filter(Boolean).join("")}\n`,
    ...verdicts.filter(({ status }) => status === "failed").map((it) => failedText(it, machine)),
    ...[...reasons].map(([reason, [first, ...others]]) => {
      const what = others.length === 0 ? first?.fact.name : `${1 + others.length} facts`;
      return `  ${paint("dim", `skipped: ${what}: ${reason}`)}\n`;
    }),
  ].join("");
}

function failedText(verdict: Verdict, machine: Machine | undefined): string {
  const share = failedShare(verdict);
  const title = `${paint("red", "does not hold")}${share && ` (${share})`}: ${verdict.fact.name}`;
  const lines = firstLines(failureLines(verdict)).map((line) => `  ${line}`);
  return factText(title, verdict.fact, [...lines, ...processorNotes(verdict, machine)]);
}

/** A fact under a title, with its source and what was seen. */
function factText(title: string, { source, rules }: Based, lines: readonly string[]): string {
  const basis = [source, ...rules].filter(Boolean).join("; ");
  return [
    `  ${title}\n`,
    basis && `    ${paint("dim", basis)}\n`,
    ...lines.map((line) => `    ${visible(line)}\n`),
  ].join("");
}

export const logMachineLine = (machine: Machine | null | undefined): string =>
  machine ? machineLine(machine) : "a machine that the log does not describe";

/** In which facts two machines differ. */
export function diffText({ a, b, counts, facts }: FactsDiff): string {
  const untested = facts.filter(({ contrast }) => contrast === "untested");
  // By the reasons: those of one request have the same.
  const reasons = untested.map(({ a, b }) => {
    const skipsA = a.status === null || a.status === "skipped";
    return `on ${skipsA ? "A" : "B"}: ${(skipsA ? a : b).lines.join("; ")}`;
  });
  return [
    `A  ${visible(a.name)}: ${logMachineLine(a.machine)}\n`,
    `B  ${visible(b.name)}: ${logMachineLine(b.machine)}\n\n`,
    ...facts.map(differenceText),
    ...[...numbersOf(reasons)].map(([reason, count]) => {
      const what = `${counted(count, "fact")} not compared: ${visible(reason)}`;
      return `  ${paint("dim", what)}\n`;
    }),
    `${paint("bold", `${counts.a} facts hold on A only, ${counts.b} on B only`)}, `,
    `${counts.otherwise} fail otherwise; ${counts.held} hold on both, ${counts.failed} fail on both in the same way\n`,
  ].join("");
}

const TITLES = {
  a: "holds on A only",
  b: "holds on B only",
  otherwise: "fails on both, in other ways",
};

function differenceText({ contrast, ...fact }: FactsDiff["facts"][number]): string {
  if (contrast === "untested") return "";
  const lines = (["a", "b"] as const)
    .filter((side) => side !== contrast)
    .flatMap((side) =>
      firstLines(fact[side].lines).map((line) => `  ${side.toUpperCase()}  ${line}`),
    );
  const name = `${visible(fact.group)}: ${visible(fact.name)}`;
  return factText(`${paint("red", TITLES[contrast])}: ${name}`, fact, lines);
}
