import { counted } from "../../../lib/page/figures.ts";
import type { Beside, BesideRow } from "../beside.ts";
import { stepNumber } from "../tell.ts";

/** Rows in a row. */
export interface BesideRun {
  readonly rows: readonly BesideRow[];
  /** Whether they are the same, and so many that they are told in a line. */
  readonly isSame: boolean;
  /** "steps 1 to 39 are the same", if they are. */
  readonly told: string;
}

/** How many rows that are the same are shown before and after others. */
const CONTEXT = 2;

/** The most rows of a run: a page shows as many whole runs as have room. */
const MOST_ROWS = 200;

/** The rows with those folded that are the same, but for a few before and after the others. */
export function besideRuns({ rows }: Beside): BesideRun[] {
  const near = new Set<number>();
  for (const [i, { relation }] of rows.entries()) {
    if (relation === "same") continue;
    for (let j = i - CONTEXT; j <= i + CONTEXT; j++) near.add(j);
  }
  // One row alone is not folded.
  const isSame = (i: number) =>
    !near.has(i) && !(near.has(i - 1) && near.has(i + 1)) && rows[i] !== undefined;
  const runs: { rows: BesideRow[]; isSame: boolean }[] = [];
  for (const [i, row] of rows.entries()) {
    const last = runs.at(-1);
    if (last?.isSame === isSame(i) && last.rows.length < MOST_ROWS) last.rows.push(row);
    else runs.push({ rows: [row], isSame: isSame(i) });
  }
  return runs.map((run) => ({ ...run, told: tellRun(run.rows) }));
}

function tellRun(rows: readonly BesideRow[]): string {
  const span = (side: "left" | "right") => {
    const steps = rows.flatMap((row) => row[side] ?? []);
    return `${stepNumber(steps[0] ?? 0)} to ${stepNumber(steps.at(-1) ?? 0)}`;
  };
  const places =
    span("left") === span("right") ? span("left") : `${span("left")} | ${span("right")}`;
  return `${counted(rows.length, "step")} the same: ${places}`;
}

/** Where they part, in a sentence. */
export function tellParting({ rows, part }: Beside): string {
  const row = rows[part ?? -1];
  if (row === undefined) return "They do not part: all steps are the same.";
  const { relation, left, right, differences } = row;
  if (part === 0 && relation === "apart") return "They have no common beginning.";
  if (left === null || right === null) {
    const sides = left === null ? ["right", "left"] : ["left", "right"];
    const number = stepNumber(left ?? right ?? 0);
    return `They part at step ${number} of the ${sides[0]}, which the ${sides[1]} does not have.`;
  }
  const [one, other] = [stepNumber(left), stepNumber(right)];
  const where = one === other ? `step ${one}` : `step ${one} of the left and ${other} of the right`;
  const names = differences.flatMap(({ what }) => (what === "title" ? [] : what)).join(", ");
  return `They part at ${where}${names === "" ? "" : `: ${names}`}.`;
}
