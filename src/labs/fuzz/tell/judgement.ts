import { type Contradiction, groupsOf, type Judgement } from "../recordings/judge_here.ts";
import { differenceTable, kindRow } from "./told.ts";

export const JUDGEMENT_SCHEMA = "stublab.judgement/1";

/** So many cases of each group are shown. */
const FIRST = 3;

/** A judgement as a document "stublab.judgement/1" (docs/fuzzing-recordings.md). */
export type JudgementReport = ReturnType<typeof judgementReport>;

export function judgementReport({ machine, contradictions, causes, ...judgement }: Judgement) {
  const { known = null, about = null, planted, cases, unpredicted } = judgement;
  return {
    ...{ machine, known, about, planted, cases },
    unpredicted: {
      cases: unpredicted.reduce((sum, { cases }) => sum + cases, 0),
      rules: unpredicted,
    },
    contradictions: {
      cases: contradictions.length,
      causes: causes.map(({ lines, ...cause }) => ({
        ...cause,
        cases: lines.length,
        first: contradictions
          .filter(({ line }) => lines.includes(line))
          .slice(0, FIRST)
          .map(row),
      })),
      groups: groupsOf(contradictions).map(([kind, group]) => ({
        ...kindRow(kind),
        cases: group.length,
        first: group.slice(0, FIRST).map(row),
      })),
    },
  };
}

function row({ differences, ...contradiction }: Contradiction) {
  return { ...contradiction, differences: differenceTable(differences) };
}
