/* What did not hold, and what was skipped, as text for the terminal and KTAP. */

import { countsOf } from "../../../lib/group.ts";
import { counted } from "../../../lib/page/figures.ts";
import type { Machine } from "../machine.ts";
import { ruleOf } from "../predict/rules.ts";
import { processorLines } from "../tell/attribution.ts";
import type { Unmet, Verdict } from "./verdict.ts";

/** "8 bytes: written: expected 8, got 16; 2 more fields", for each check that does not hold. */
export function failureLines({ checks }: Verdict): string[] {
  return checks.flatMap(({ name, unmet: [first, ...others] }) => {
    if (first === undefined) return [];
    const rest = others.length === 0 ? "" : `; ${counted(others.length, "more field")}`;
    return [`${name === "" ? "" : `${name}: `}${unmetText(first)}${rest}`];
  });
}

/** Why a fact that does not hold may say more about the processor than about the kernel. */
export function processorNotes({ status, fact }: Verdict, machine: Machine | undefined): string[] {
  if (status !== "failed" || machine === undefined) return [];
  return processorLines(
    fact.rules.flatMap((id) => ruleOf(id) ?? []),
    machine,
  );
}

/** "written: expected 8, got 16" */
export function unmetText({ field, expected, seen }: Unmet): string {
  const result = seen === null ? "which is not reached" : `got ${seen}`;
  return `${field}: expected ${expected}, ${result}`;
}

/** The reasons why checks were skipped, each with their number. */
function reasonsOf(verdicts: readonly Verdict[]): ReadonlyMap<string, number> {
  const checks = verdicts.flatMap((verdict) => verdict.checks);
  return countsOf(checks.flatMap(({ reason }) => reason ?? []));
}

/** "2 checks skipped: it needs AVX" */
export const skippedLines = (verdicts: readonly Verdict[]): string[] =>
  [...reasonsOf(verdicts)].map(([reason, n]) => `${counted(n, "check")} skipped: ${reason}`);

/** Why a fact was skipped. */
export const skipText = (verdict: Verdict): string => [...reasonsOf([verdict]).keys()].join("; ");

/** "3 of 27 checks": how many of them failed; nothing if the fact has one only. */
export function failedShare({ checks }: Verdict): string {
  const made = checks.filter(({ status }) => status !== "skipped");
  const failed = made.filter(({ status }) => status === "failed");
  return made.length === 1 ? "" : `${failed.length} of ${made.length} checks`;
}
