/* The verdicts of two kernels side by side. */

import { failureLines, skipText } from "./failures.ts";
import type { Verdict } from "./verdict.ts";

/** a, b: it holds there only. otherwise: it fails on both, in other ways. untested: one of them was not looked at. */
export type FactContrast = "a" | "b" | "otherwise" | "untested";

export interface FactDifference {
  readonly contrast: FactContrast;
  /** Undefined if it was not looked at there. */
  readonly a: Verdict | undefined;
  readonly b: Verdict | undefined;
}

export interface FactsContrast {
  readonly differences: readonly FactDifference[];
  /** Facts that hold on both, and that fail on both in the same way. */
  readonly held: number;
  readonly failed: number;
}

/** In the order of the facts of A. */
export function diffVerdicts(a: readonly Verdict[], b: readonly Verdict[]): FactsContrast {
  const [byA, byB] = [byName(a), byName(b)];
  const differences: FactDifference[] = [];
  let [held, failed] = [0, 0];
  for (const name of new Set([...byA.keys(), ...byB.keys()])) {
    const [one, other] = [byA.get(name), byB.get(name)];
    const contrast = contrastOf(one, other);
    if (contrast !== undefined) differences.push({ contrast, a: one, b: other });
    else if (one?.status === "held") held++;
    else if (one?.status === "failed") failed++;
  }
  return { differences, held, failed };
}

function contrastOf(a: Verdict | undefined, b: Verdict | undefined): FactContrast | undefined {
  const [one, other] = [a?.status ?? "skipped", b?.status ?? "skipped"];
  if (a === undefined || b === undefined) return "untested";
  if (one === other) {
    const isSame = one !== "failed" || failureLines(a).join("\n") === failureLines(b).join("\n");
    return isSame ? undefined : "otherwise";
  }
  if (one === "skipped" || other === "skipped") return "untested";
  return one === "held" ? "a" : "b";
}

function byName(verdicts: readonly Verdict[]): ReadonlyMap<string, Verdict> {
  return new Map(verdicts.map((verdict) => [verdict.fact.name, verdict]));
}

/** What became of a fact, in lines. */
export function verdictLines(verdict: Verdict | undefined): string[] {
  if (verdict === undefined) return ["not looked at"];
  if (verdict.status === "held") return ["holds"];
  if (verdict.status === "skipped") return [`skipped: ${skipText(verdict)}`];
  const lines = failureLines(verdict);
  return lines.length === 0 ? ["does not hold"] : lines;
}
