import { type Grid, numbersOf, type Said, type Story, wordsOf } from "../lib/page/block.ts";
import { paint } from "./report.ts";

/* Grids and stories in a terminal. */

const COLORS = { bad: "red", mark: "bold" } as const;

function painted(said: Said): string {
  if (typeof said === "string") return said;
  return said
    .map((each) => (typeof each === "string" ? each : paint(COLORS[each.tone], each.text)))
    .join("");
}

export function gridText(grid: Grid): string {
  const { title, columns, rows, note } = grid;
  const numbers = numbersOf(grid);
  const widths = columns.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => wordsOf(row[i] ?? "").length)),
  );
  const line = (cells: readonly Said[]) =>
    cells
      .map((said, i) => {
        const gap = " ".repeat((widths[i] ?? 0) - wordsOf(said).length);
        return numbers[i] ? gap + painted(said) : painted(said) + gap;
      })
      .join("  ")
      .trimEnd();
  return [
    paint("bold", title),
    paint("bold", line(columns)),
    ...rows.map(line),
    ...(note === undefined ? [] : [`  ${note}`]),
  ].join("\n");
}

export function storyText({ title, beside, facts, command }: Story): string {
  const all = command === null ? facts : [...facts, ["repeat", command] as const];
  const width = Math.max(...all.map(([name]) => name.length));
  return [
    paint("bold", title) + (beside === "" ? "" : `  ${beside}`),
    ...all.map(([name, fact]) => `  ${name.padEnd(width)}  ${painted(fact)}`),
  ].join("\n");
}
