/* A check: what must be true, and what was seen. Stubs, machines, lessons, answers and kernels are checked. */

/**
 * What a check results in. Of several checks the first of these words counts that one of them has.
 *
 * "known": it fails, but that counts neither as held nor as failed: it is known to fail, or only some commands need it.
 * "skipped": it cannot be tested here.
 */
export const STATUSES = ["failed", "known", "held", "skipped"] as const;
export type CheckStatus = (typeof STATUSES)[number];

/** One check. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly expected: string;
  readonly seen: string;
  /** What it means if it fails, what can be done about it, or why it was skipped. */
  readonly reason?: string | undefined;
}

type Result = Pick<Check, "status">;

/** Compares what is expected with what is seen. @param reason what it means if they differ */
export function check(name: string, expected: string, seen: string, reason?: string): Check {
  return { name, status: expected === seen ? "held" : "failed", expected, seen, reason };
}

export function countOf(results: readonly Result[], status: CheckStatus): number {
  return results.filter((result) => result.status === status).length;
}

/** The status of a list of checks; "skipped" for an empty list. */
export function statusOf(results: readonly Result[]): CheckStatus {
  return STATUSES.find((status) => countOf(results, status) > 0) ?? "skipped";
}

/** The exit status of a command that makes checks: 3 if this machine allows none of them. */
export function exitStatus(results: readonly Result[]): number {
  return { failed: 1, known: 0, held: 0, skipped: 3 }[statusOf(results)];
}

/** What documents have of a check, beside its name. */
export function checkRow({ status, expected, seen }: Check) {
  return { expected, seen, held: status === "held" };
}

/** "its parent: expected 7, got 1"; "its parent: 7" if it holds. */
export function tellCheck({ name, status, expected, seen }: Check, verb = "got"): string {
  return `${name}: ${status === "held" ? seen : `expected ${expected}, ${verb} ${seen}`}`;
}
