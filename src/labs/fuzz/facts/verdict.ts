/* What became of facts on a machine, and the score. */

import { type Check, type CheckStatus, countOf, statusOf } from "../../../lib/check.ts";
import type { Machine } from "../machine.ts";
import type { Fact } from "./fact.ts";
import type { ToolVerdict } from "./profiles.ts";

/** A field whose value is not the expected one, as texts and numbers for people. */
export interface Unmet {
  readonly field: string;
  readonly expected: string | number;
  /** Null if the case, or the request, did not get that far. */
  readonly seen: string | number | null;
}

/** One check of a fact, of several fields. Its name is empty if the fact has no other. */
export interface CheckResult extends Omit<Check, "expected" | "seen"> {
  readonly unmet: readonly Unmet[];
}

/** The result of a fact. Attempts that others contradict do not count. */
export interface Verdict {
  readonly fact: Fact;
  /** That of its checks together. */
  readonly status: CheckStatus;
  readonly checks: readonly CheckResult[];
  readonly contradictions: number;
}

export interface VerdictLog {
  readonly verdicts: readonly Verdict[];
  /** Undefined if the log does not have it. */
  readonly machine: Machine | undefined;
  /** The list that excuses those that are known to fail, as the log names it. */
  readonly known?: string | undefined;
  /** Whether the machine is enough for a tool, if that was asked. */
  readonly profile?: ToolVerdict | undefined;
  /** Facts that the log announces and does not have. */
  readonly lost: number;
}

export function verdictOf(
  fact: Fact,
  checks: readonly CheckResult[],
  contradictions: number,
): Verdict {
  return { fact, status: statusOf(checks), checks, contradictions };
}

/** A check of a fact, as a list of known deviations names it. */
export function nameOfCheck(fact: string, check: string): string {
  return check === "" ? fact : `${fact}: ${check}`;
}

export interface Counts {
  readonly facts: number;
  readonly held: number;
  readonly failed: number;
  readonly skipped: number;
  /** Omitted if it is 0. */
  readonly known?: number;
  /** The sub-results of all facts. */
  readonly checks: number;
}

/** Facts by status: a fact with forty checks counts once. */
export function countsOf(verdicts: readonly Verdict[]): Counts {
  const count = (status: CheckStatus) => countOf(verdicts, status);
  const known = count("known");
  return {
    facts: verdicts.length,
    ...(known > 0 && { known }),
    ...{ held: count("held"), failed: count("failed"), skipped: count("skipped") },
    checks: verdicts.reduce((sum, { checks }) => sum + checks.length, 0),
  };
}

/** The rules of the model that facts name: whether all facts of each hold, skipped and known ones aside. */
export function rulesOf(verdicts: readonly Verdict[]): ReadonlyMap<string, boolean> {
  const rules = new Map<string, boolean>();
  for (const { fact, status } of verdicts) {
    if (status === "skipped" || status === "known") continue;
    for (const id of fact.rules) rules.set(id, (rules.get(id) ?? true) && status === "held");
  }
  return rules;
}
