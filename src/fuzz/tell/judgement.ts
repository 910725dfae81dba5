import { type DifferenceKind, kindOf } from "../predict/differences.ts";
import type { Contradiction, Judgement } from "../recordings/judge_here.ts";
import { differenceTable, kindRow } from "./told.ts";

export const JUDGEMENT_SCHEMA = "stublab.judgement/1";

/** So many cases of each group are shown. */
const FIRST = 3;

/** A judgement as a document "stublab.judgement/1" (docs/fuzzing-recordings.md). */
export type JudgementReport = ReturnType<typeof judgementReport>;

export function judgementReport({ machine, contradictions, ...judgement }: Judgement) {
  const { known = null, about = null, planted, cases, unpredicted } = judgement;
  return {
    ...{ machine, known, about, planted, cases },
    unpredicted: {
      cases: unpredicted.reduce((sum, { cases }) => sum + cases, 0),
      rules: unpredicted,
    },
    contradictions: {
      cases: contradictions.length,
      groups: groupsOf(contradictions).map(([kind, group]) => ({
        ...kindRow(kind),
        cases: group.length,
        first: group.slice(0, FIRST).map((each) => ({
          ...each,
          differences: differenceTable(each.differences),
        })),
      })),
    },
  };
}

/** Contradictions that begin in the same way, the largest groups first. */
function groupsOf(
  contradictions: readonly Contradiction[],
): [kind: DifferenceKind, group: Contradiction[]][] {
  const groups = new Map<string, [DifferenceKind, Contradiction[]]>();
  for (const contradiction of contradictions) {
    const [first] = contradiction.differences;
    if (first === undefined) continue;
    const kind = kindOf(first);
    const key = `${kind.field} ${kind.predicted} ${kind.seen}`;
    const group = groups.get(key) ?? [kind, []];
    groups.set(key, group);
    group[1].push(contradiction);
  }
  return [...groups.values()].sort((a, b) => b[1].length - a[1].length);
}
