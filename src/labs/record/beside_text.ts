import { counted } from "../../lib/page/figures.ts";
import { visible } from "../../lib/visible.ts";
import { alignRecordings, type Beside, type BesideRow } from "./beside.ts";
import type { Recording } from "./recording.ts";
import { stepNumber } from "./tell.ts";
import { wrap } from "./wrap.ts";

const SIGNS = { same: " ", alike: "≠", apart: "|" } as const;

/** How wide the numbers of steps are. */
const INDENT = 5;

/** How many rows that are the same are shown before and after others. */
const CONTEXT = 2;

/** Two recordings side by side as plain text: what is the same takes a line, and from the parting on each has a column. */
export function renderBesideText(left: Recording, right: Recording, width = 80): string {
  const beside = alignRecordings(left, right);
  const { rows, part } = beside;
  const page = new Columns(Math.max(20, Math.floor((width - 3) / 2)));
  const about = ({ scenario, steps }: Recording) => `${scenario}, ${steps.length} steps`;
  page.row(left.title, right.title);
  page.row(about(left), about(right));
  page.lines.push("");
  for (const pair of beside.lanes) {
    const told = ({ lanes }: Recording, id: string | null) =>
      id === null ? "" : `${id} ${lanes.find((lane) => lane.id === id)?.pid ?? ""}`;
    const isAlone = pair.left === null || pair.right === null;
    page.row(told(left, pair.left), told(right, pair.right), isAlone ? SIGNS.apart : SIGNS.same);
  }
  page.lines.push("", ...wrap(tellParting(beside), width), "");
  const tellRow = (row: BesideRow) => {
    const [one, other] = [left.steps[row.left ?? -1], right.steps[row.right ?? -1]];
    const told = (step: typeof one) => (step === undefined ? "" : `${step.lane}: ${step.title}`);
    page.row(told(one), told(other), SIGNS[row.relation], [row.left, row.right]);
    for (const { what, left, right } of row.differences) {
      if (what !== "title") page.row(`${what} ${left}`, `${what} ${right}`, SIGNS.alike, []);
    }
    if (row === rows[part ?? -1]) page.row(one?.why ?? "", other?.why ?? "", SIGNS.same, []);
  };
  let same: BesideRow[] = [];
  const tellSame = () => {
    if (same.length > 1) page.lines.push(`${" ".repeat(INDENT)}… ${tellRun(same)}`);
    else same.map(tellRow);
    same = [];
  };
  for (const [i, row] of rows.entries()) {
    const near = rows.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1);
    if (near.every(({ relation }) => relation === "same")) same.push(row);
    else {
      tellSame();
      tellRow(row);
    }
  }
  tellSame();
  if (beside.end.length > 0) page.lines.push("", "The end", "");
  for (const { what, left, right } of beside.end) {
    page.row(`${what}: ${left}`, `${what}: ${right}`, SIGNS.alike);
  }
  return `${page.lines.join("\n")}\n`;
}

/** Lines of two columns. */
class Columns {
  readonly lines: string[] = [];
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  /** @param steps their indices; [] for what belongs to a step, undefined for what does not */
  row(one: string, other: string, sign: string = SIGNS.same, steps?: readonly (number | null)[]) {
    const [ours = [], theirs = []] = [one, other].map((text, side) => {
      if (text === "") return [];
      const index = steps?.[side];
      const label = index == null ? "" : `${stepNumber(index)} `;
      const margin = steps === undefined ? 0 : INDENT;
      return wrap(visible(text), this.#width - margin).map(
        (line, i) => (i === 0 ? label : "").padStart(margin) + line,
      );
    });
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
      const start = (ours[i] ?? "").padEnd(this.#width);
      this.lines.push(`${start} ${i === 0 ? sign : " "} ${theirs[i] ?? ""}`.trimEnd());
    }
  }
}

function tellRun(rows: readonly BesideRow[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  const span = (side: "left" | "right") =>
    `${stepNumber(first?.[side] ?? 0)} to ${stepNumber(last?.[side] ?? 0)}`;
  return `${counted(rows.length, "step")} the same: ${tellPlaces(span("left"), span("right"))}`;
}

/** Where they part, and by what. */
function tellParting({ rows, part }: Beside): string {
  const row = rows[part ?? -1];
  if (row === undefined) return "They do not part: all steps are the same.";
  const number = (index: number | null) => (index === null ? "none" : `${stepNumber(index)}`);
  const names = row.differences.flatMap(({ what }) => (what === "title" ? [] : what)).join(", ");
  const places = tellPlaces(number(row.left), number(row.right));
  return `They part at step ${places}${names === "" ? "" : `: ${names}`}.`;
}

const tellPlaces = (left: string, right: string) => (left === right ? left : `${left} | ${right}`);
