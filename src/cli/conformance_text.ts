/* The score of a kernel for people. */

import {
  failedShare,
  failureLines,
  processorNotes,
  skippedLines,
  skipText,
} from "../labs/fuzz/facts/failures.ts";
import { countsOf, rulesOf, type Verdict } from "../labs/fuzz/facts/verdict.ts";
import type { Machine } from "../labs/fuzz/machine.ts";
import { grouped } from "../lib/group.ts";
import { visible } from "../lib/visible.ts";
import { paint } from "./report.ts";

const MOST_LINES = 4;

/** The first lines about one fact: the rest is like them. */
export function firstLines(lines: readonly string[]): string[] {
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
    attempts === 1 && "; 1 irreproducible attempt is not counted",
    attempts > 1 && `; ${attempts} irreproducible attempts are not counted`,
    ` (${rules.length > 0 ? `${kept} of ${rules.length} rules, ` : ""}${checks} checks)\n`,
  ]
    .filter(Boolean)
    .join("");
}

/** A line for a group, and what does not hold or was skipped in it. `width` is that of the groups' names. */
export function groupText(
  verdicts: readonly Verdict[],
  width: number,
  machine: Machine | undefined,
): string {
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
  const { name, source, rules } = verdict.fact;
  const share = failedShare(verdict);
  return [
    `  ${paint("red", "does not hold")}${share && ` (${share})`}: ${name}`,
    `    ${paint("dim", [source, ...rules].join("; "))}`,
    ...firstLines(failureLines(verdict)).map((line) => `      ${line}`),
    ...processorNotes(verdict, machine).map((line) => `    ${visible(line)}`),
  ]
    .map((line) => `${line}\n`)
    .join("");
}
