/* The verdicts of two kernels side by side. */

import type { CheckStatus } from "../../../lib/check.ts";
import type { Machine } from "../machine.ts";
import { failureLines, skipText } from "./failures.ts";
import type { Verdict, VerdictLog } from "./verdict.ts";

/** The verdicts of a machine, and how it is called. */
export interface NamedVerdicts extends Pick<VerdictLog, "machine" | "known" | "verdicts"> {
  readonly name: string;
}

/** a, b: it holds there only. otherwise: it fails on both, in other ways. untested: one of them was not looked at. */
export type FactContrast = "a" | "b" | "otherwise" | "untested";

/** What became of a fact on a machine, in lines. */
interface DiffSide {
  /** Null if it was not looked at. */
  readonly status: CheckStatus | null;
  readonly lines: readonly string[];
}

interface FactDifference extends Pick<Verdict["fact"], "name" | "group" | "source" | "rules"> {
  readonly contrast: FactContrast;
  readonly a: DiffSide;
  readonly b: DiffSide;
}

/** A comparison as a document "stublab.conformance-diff/1" (docs/conformance.md). */
export interface FactsDiff {
  readonly a: { readonly name: string; readonly machine: Machine | null };
  readonly b: FactsDiff["a"];
  /** Facts by their contrast; those that hold on both, and that fail on both in the same way. */
  readonly counts: Readonly<Record<FactContrast | "held" | "failed", number>>;
  /** In the order of the facts of A. */
  readonly facts: readonly FactDifference[];
}

export function diffVerdicts(a: NamedVerdicts, b: NamedVerdicts): FactsDiff {
  const [byA, byB] = [byName(a), byName(b)];
  const counts = { a: 0, b: 0, otherwise: 0, untested: 0, held: 0, failed: 0 };
  const facts: FactDifference[] = [];
  for (const [name, { fact }] of new Map([...byA, ...byB, ...byA])) {
    const [one, other] = [byA.get(name), byB.get(name)];
    const contrast = contrastOf(one, other);
    if (contrast === "known" || contrast === "skipped") continue;
    counts[contrast]++;
    if (contrast === "held" || contrast === "failed") continue;
    const { group, source, rules } = fact;
    facts.push({ name, group, source, rules, contrast, a: sideOf(one), b: sideOf(other) });
  }
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

function sideOf(verdict: Verdict | undefined): DiffSide {
  if (verdict === undefined) return { status: null, lines: ["not looked at"] };
  const { status } = verdict;
  if (status === "held") return { status, lines: ["holds"] };
  if (status === "skipped") return { status, lines: [`skipped: ${skipText(verdict)}`] };
  const lines = failureLines(verdict);
  return { status, lines: lines.length === 0 ? ["does not hold"] : lines };
}
