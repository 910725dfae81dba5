import { visible } from "../../../lib/visible.ts";
import { alignRecordings, type BesideRow } from "../beside.ts";
import type { Recording } from "../recording.ts";
import { stepNumber } from "../tell.ts";
import { wrap } from "../wrap.ts";
import { besideRuns, tellParting } from "./beside_told.ts";

const SIGNS = { same: " ", alike: "≠", apart: "|" } as const;

/** How wide the numbers of steps are. */
const INDENT = 5;

/** Two recordings side by side as plain text: what is the same takes a line, and from the parting on each has a column. */
export function renderBesideText(left: Recording, right: Recording, width = 80): string {
  const beside = alignRecordings(left, right);
  const column = Math.max(20, Math.floor((width - 3) / 2));
  const lines: string[] = [];
  const row = (one: string, other: string, sign = SIGNS.same as string, labels = ["", ""]) => {
    const [ours = [], theirs = []] = [one, other].map((text, i) => {
      const label = labels[i] ?? "";
      const pieces = text === "" ? [] : wrap(visible(text), column - label.length);
      return pieces.map((piece, n) => (n === 0 ? label : " ".repeat(label.length)) + piece);
    });
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
      const start = (ours[i] ?? "").padEnd(column);
      lines.push(`${start} ${i === 0 ? sign : " "} ${theirs[i] ?? ""}`.trimEnd());
    }
  };
  const tellRow = ({ relation, left: i, right: j, differences }: BesideRow, isParting: boolean) => {
    const [one, other] = [left.steps[i ?? -1], right.steps[j ?? -1]];
    const told = (step: typeof one) => (step === undefined ? "" : `${step.lane}: ${step.title}`);
    const labels = [i, j].map((index) => `${stepNumber(index ?? 0)} `.padStart(INDENT));
    const margin = [" ".repeat(INDENT), " ".repeat(INDENT)];
    row(told(one), told(other), SIGNS[relation], labels);
    for (const { what, left, right } of differences) {
      if (what !== "title") row(`${what} ${left}`, `${what} ${right}`, SIGNS.alike, margin);
    }
    if (isParting) row(one?.why ?? "", other?.why ?? "", SIGNS.same, margin);
  };

  row(left.title, right.title);
  const about = ({ scenario, steps }: Recording) => `${scenario}, ${steps.length} steps`;
  row(about(left), about(right));
  lines.push("");
  for (const pair of beside.lanes) {
    const told = ({ lanes }: Recording, id: string | null) =>
      id === null ? "" : `${id} ${lanes.find((lane) => lane.id === id)?.pid ?? ""}`;
    const isAlone = pair.left === null || pair.right === null;
    row(told(left, pair.left), told(right, pair.right), isAlone ? SIGNS.apart : SIGNS.same);
  }
  lines.push("", ...wrap(tellParting(beside), width), "");
  const parting = beside.rows[beside.part ?? -1];
  for (const { rows, isSame, told } of besideRuns(beside)) {
    if (isSame) lines.push(`     … ${told}`);
    else for (const each of rows) tellRow(each, each === parting);
  }
  if (beside.end.length > 0) lines.push("", "THE END", "");
  for (const { what, left, right } of beside.end) {
    row(`${what}: ${left}`, `${what}: ${right}`, SIGNS.alike);
  }
  return `${lines.join("\n")}\n`;
}
