/* The verdicts of two kernels side by side. */

import type { CheckStatus } from "../../../lib/check.ts";
import { failureLines, skipText } from "./failures.ts";
import type { Verdict, VerdictLog } from "./verdict.ts";

/** The verdicts of a machine, and its name in reports. */
export interface NamedVerdicts
  extends Pick<VerdictLog, "machine" | "known" | "profile" | "verdicts"> {
  readonly name: string;
  /** How many facts were not looked at, as a signal came first. */
  readonly left?: number;
}

/** a, b: it holds there only. otherwise: it fails on both, in other ways. untested: one of them was not looked at. */
type FactContrast = "a" | "b" | "otherwise" | "untested";

/** A comparison as a document "stublab.conformance-diff/1" (docs/conformance.md). */
export type FactsDiff = ReturnType<typeof diffVerdicts>;

export function diffVerdicts(a: NamedVerdicts, b: NamedVerdicts) {
  const [byA, byB] = [byName(a), byName(b)];
  const counts = { a: 0, b: 0, otherwise: 0, untested: 0, held: 0, failed: 0 };
  // In the order of the facts of A.
  const facts = [...new Map([...byA, ...byB])].flatMap(([name, { fact }]) => {
    const [one, other] = [byA.get(name), byB.get(name)];
    const contrast = contrastOf(one, other);
    if (contrast === "known" || contrast === "skipped") return [];
    counts[contrast]++;
    if (contrast === "held" || contrast === "failed") return [];
    const { group, source, rules } = fact;
    return [{ name, group, source, rules, contrast, a: sideOf(one), b: sideOf(other) }];
  });
  return { a: headOf(a), b: headOf(b), counts, facts };
}

/** The status, if a fact has the same result on both. */
function contrastOf(a: Verdict | undefined, b: Verdict | undefined): FactContrast | CheckStatus {
  if (a === undefined || b === undefined) return "untested";
  if (a.status === b.status) {
    const isSame = a.status !== "failed" || `${failureLines(a)}` === `${failureLines(b)}`;
    return isSame ? a.status : "otherwise";
  }
  if (a.status === "skipped" || b.status === "skipped") return "untested";
  return a.status === "held" ? "a" : "b";
}

const byName = ({ verdicts }: NamedVerdicts): ReadonlyMap<string, Verdict> =>
  new Map(verdicts.map((verdict) => [verdict.fact.name, verdict]));

const headOf = ({ name, machine }: NamedVerdicts) => ({ name, machine: machine ?? null });

/** The result of a fact on a machine, in lines. */
function sideOf(verdict: Verdict | undefined) {
  return { status: verdict?.status ?? null, lines: linesOf(verdict) };
}

function linesOf(verdict: Verdict | undefined): string[] {
  if (verdict === undefined) return ["not looked at"];
  if (verdict.status === "held") return ["holds"];
  if (verdict.status === "skipped") return [`skipped: ${skipText(verdict)}`];
  const lines = failureLines(verdict);
  return lines.length === 0 ? ["does not hold"] : lines;
}
