import { counted } from "../../lib/page/figures.ts";
import { visible } from "../../lib/visible.ts";
import { alignRecordings } from "./beside.ts";
import type { Recording } from "./recording.ts";
import { stepNumber } from "./tell.ts";
import { wrap } from "./wrap.ts";

const SIGNS = { same: " ", alike: "≠", apart: "|" } as const;

/** How wide the numbers of steps are. */
const INDENT = 5;

/** Two recordings side by side as plain text: what is the same takes a line, and what is not has two columns. */
export function renderBesideText(left: Recording, right: Recording, width = 80): string {
  const { lanes, rows, part, end } = alignRecordings(left, right);
  const column = Math.max(20, Math.floor((width - 3) / 2));
  const lines: string[] = [];
  /** @param steps the indices of those that are told; [] for what belongs to a step, undefined for what does not */
  const add = (texts: readonly string[], sign = " ", steps?: readonly (number | null)[]) => {
    const margin = steps === undefined ? 0 : INDENT;
    const [ours = [], theirs = []] = texts.map((text, side) => {
      const label = steps?.[side] == null || text === "" ? "" : `${stepNumber(steps[side])} `;
      const told = wrap(visible(text), column - margin);
      return told.map((line, i) => (i === 0 ? label : "").padStart(margin) + line);
    });
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
      const start = (ours[i] ?? "").padEnd(column);
      lines.push(`${start} ${i === 0 ? sign : " "} ${theirs[i] ?? ""}`.trimEnd());
    }
  };
  const places = (one: unknown, other: unknown) => (one === other ? one : `${one} | ${other}`);
  const number = (index: number | null) => (index === null ? "none" : stepNumber(index));

  add([left.title, right.title]);
  add([left, right].map(({ scenario, steps }) => `${scenario}, ${steps.length} steps`));
  lines.push("");
  for (const pair of lanes) {
    const told = ({ lanes }: Recording, id: string | null) =>
      id === null ? "" : `${id} ${lanes.find((lane) => lane.id === id)?.pid}`;
    const isAlone = pair.left === null || pair.right === null;
    add([told(left, pair.left), told(right, pair.right)], isAlone ? SIGNS.apart : SIGNS.same);
  }
  const first = rows[part ?? -1];
  const names = (first?.differences ?? []).flatMap(({ what }) => (what === "title" ? [] : what));
  const parting = first && places(number(first.left), number(first.right));
  const why = names.length === 0 ? "" : `: ${names.join(", ")}`;
  const told = first
    ? `They part at step ${parting}${why}.`
    : "They do not part: all steps are the same.";
  lines.push("", ...wrap(told, width), "");
  for (let i = 0, count = 1; i < rows.length; i += count) {
    const others = rows.slice(i).findIndex(({ relation }) => relation !== "same");
    count = Math.max(1, others < 0 ? rows.length - i : others);
    const [row, last] = [rows[i], rows[i + count - 1]];
    if (row === undefined || last === undefined) break;
    if (count > 1) {
      const span = (side: "left" | "right") => `${number(row[side])} to ${number(last[side])}`;
      const same = `${counted(count, "step")} the same: ${places(span("left"), span("right"))}`;
      lines.push(`${" ".repeat(INDENT)}… ${same}`);
      continue;
    }
    const steps = [left.steps[row.left ?? -1], right.steps[row.right ?? -1]];
    const titles = steps.map((step) => (step === undefined ? "" : `${step.lane}: ${step.title}`));
    add(titles, SIGNS[row.relation], [row.left, row.right]);
    for (const { what, left, right } of row.differences) {
      if (what !== "title") add([`${what} ${left}`, `${what} ${right}`], SIGNS.alike, []);
    }
    if (row === first)
      add(
        steps.map((step) => step?.why ?? ""),
        SIGNS.same,
        [],
      );
  }
  if (end.length > 0) lines.push("", "The end", "");
  for (const { what, left, right } of end)
    add([`${what}: ${left}`, `${what}: ${right}`], SIGNS.alike);
  return `${lines.join("\n")}\n`;
}
