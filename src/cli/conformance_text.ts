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

/** Checks of one fact that are shown: the rest is like them. */
const MOST_LINES = 4;

/** What follows the groups: the checks that were skipped, and the score. */
export function scoreText(verdicts: readonly Verdict[]): string {
  return `\n${skippedText(verdicts)}${totals(verdicts)}\n`;
}

function totals(verdicts: readonly Verdict[]): string {
  const { facts, held, skipped, known = 0, checks } = countsOf(verdicts);
  const made = facts - skipped - known;
  const share = made === 0 ? "" : `, ${((100 * held) / made).toFixed(1)} %`;
  const rest = `${known === 0 ? "" : `; ${known} known not to`}${skipped === 0 ? "" : `; ${skipped} skipped`}`;
  const attempts = verdicts.reduce((sum, { contradictions }) => sum + contradictions, 0);
  const without =
    attempts === 0
      ? ""
      : `; ${attempts} irreproducible attempt${attempts === 1 ? " is" : "s are"} not counted`;
  const rules = [...rulesOf(verdicts).values()];
  const kept = rules.filter((holds) => holds).length;
  const score = paint("bold", `${held} of ${made} facts hold${share}`);
  const ruleText = rules.length === 0 ? "" : `${kept} of ${rules.length} rules, `;
  return `${score}${rest}${without} (${ruleText}${checks} checks)`;
}

/** A line for a group, and what does not hold or was skipped in it. `width` is that of the groups' names. */
export function groupText(
  verdicts: readonly Verdict[],
  width: number,
  machine: Machine | undefined,
): string {
  const title = (verdicts[0]?.fact.group ?? "").padEnd(width + 2);
  const { facts, held, failed, skipped, known = 0 } = countsOf(verdicts);
  const color = failed > 0 ? "red" : "green";
  const rest = `${known === 0 ? "" : `, ${known} known`}${skipped === 0 ? "" : `, ${skipped} skipped`}`;
  const line = `${title}${paint(color, `${held} of ${facts - skipped - known}`)}${rest}\n`;
  return (
    line +
    verdicts.map((verdict) => verdictText(verdict, machine)).join("") +
    skippedFacts(verdicts)
  );
}

/** The facts of a group that were skipped, by their reasons: those of one request have the same. */
function skippedFacts(verdicts: readonly Verdict[]): string {
  const skipped = verdicts.filter(({ status }) => status === "skipped");
  const lines = [...grouped(skipped, skipText)];
  return lines
    .map(([reason, [first, ...others]]) => {
      const what = others.length === 0 ? first?.fact.name : `${1 + others.length} facts`;
      return `  ${paint("dim", `skipped: ${what}: ${reason}`)}\n`;
    })
    .join("");
}

function verdictText(verdict: Verdict, machine: Machine | undefined): string {
  const { name, source, rules } = verdict.fact;
  if (verdict.status !== "failed") return "";
  const lines = failureLines(verdict);
  const shown = lines.slice(0, MOST_LINES).map((line) => `      ${line}\n`);
  const more = lines.length - shown.length;
  if (more > 0) shown.push(`      … and ${more} more: --json has all\n`);
  shown.push(...processorNotes(verdict, machine).map((line) => `    ${visible(line)}\n`));
  const share = failedShare(verdict);
  const what = `${paint("red", "does not hold")}${share && ` (${share})`}: ${name}`;
  return `  ${what}\n    ${paint("dim", [source, ...rules].join("; "))}\n${shown.join("")}`;
}

/** The checks that were skipped of facts that were looked at, by their reasons. */
function skippedText(verdicts: readonly Verdict[]): string {
  const partly = verdicts.filter(({ status }) => status !== "skipped");
  return skippedLines(partly)
    .map((line) => `${paint("dim", line)}\n`)
    .join("");
}
