/* What did not hold, and what was skipped, line by line: the same text on the terminal, in JUnit XML and in KTAP. */

import type { CheckResult, Unmet, Verdict } from "./verdict.ts";

/** "8 bytes: written: expected 8, got 16": a line for each field that does not hold. */
export function failureLines({ checks }: Verdict): string[] {
  return checks.flatMap(({ name, unmet }) =>
    unmet.map((it) => `${name === "" ? "" : `${name}: `}${unmetText(it)}`),
  );
}

function unmetText({ field, expected, seen }: Unmet): string {
  return `${field}: expected ${expected}, ${seen === null ? "which is not reached" : `got ${seen}`}`;
}

/** The reasons why checks were skipped, each with their number. */
export function reasonsOf(verdicts: readonly Verdict[]): ReadonlyMap<string, number> {
  const reasons = new Map<string, number>();
  for (const { reason } of verdicts.flatMap(({ checks }) => checks)) {
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return reasons;
}

/** "3 of 27 checks": how many of them failed; nothing if the fact has one only. */
export function failedShare({ checks }: Verdict): string {
  const made = checks.filter(({ status }: CheckResult) => status !== "skipped");
  const failed = made.filter(({ status }) => status === "failed").length;
  return made.length === 1 ? "" : `${failed} of ${made.length} checks`;
}
