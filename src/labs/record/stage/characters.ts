// The stage in characters, for a terminal.

import { draw, fit, type Line, say } from "../terminal/frame.ts";
import { hasEnded } from "./box.ts";
import type { PlacedBox, Stage } from "./stage.ts";

/** Columns of characters that a box takes at least; with fewer, each process has a line. */
const NARROWEST = 14;

/** What is between the heads of two neighbours: their first line is for parents, the second for tracers. */
const TRACKS = [
  ["parent", "", "─"],
  ["tracer", "traces", "·"],
] as const;

/** In lines of `width` columns. @param brief a line for each process, without its words */
export function stageLines(stage: Stage, width: number, brief = false): Line[] {
  const { boxes, columns, rows, moves, omitted } = stage;
  const gap = Math.max(8, Math.min(16, Math.floor(width / columns / 3)));
  const own = Math.min(44, Math.floor((width - gap * (columns - 1)) / columns));
  const drawn =
    brief || own < NARROWEST
      ? boxes.map((box) => boxLines(stage, box, true).flat())
      : rows.flatMap((_, row) => rowLines(stage, row, own, gap));
  const moved = moves.map(({ from, to, label, carries }) => [
    ...[say(from), draw(" → "), say(to), draw(": ")],
    say([label, ...carries].join(", "), "changed"),
  ]);
  const more = omitted === 0 ? [] : [[draw(`and ${omitted} more`, "faint")]];
  return [...drawn, ...moved, ...more].map((line) => fit(line, width));
}

/** The boxes of a row side by side, and the edges between neighbours. */
function rowLines(stage: Stage, row: number, own: number, gap: number): Line[] {
  const cells = Array.from({ length: stage.columns }, (_, column) => {
    const box = stage.boxes.find((each) => each.row === row && each.column === column);
    return { box, lines: box === undefined ? [] : boxLines(stage, box, false) };
  });
  const between = (left: PlacedBox | undefined, right: PlacedBox | undefined, i: number) => {
    const [kind, name = "", sign] = TRACKS[i] ?? [];
    const has = stage.edges.some(
      (edge) => edge.kind === kind && edge.from === left?.id && edge.to === right?.id && !edge.past,
    );
    return has ? ` ${name.padEnd(gap - 2, sign)}▶` : " ".repeat(gap);
  };
  const height = Math.max(0, ...cells.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, i) =>
    cells.flatMap(({ box, lines }, column) => [
      ...(column === 0 ? [] : [draw(between(cells[column - 1]?.box, box, i), "faint")]),
      ...fit(lines[i] ?? [], own),
    ]),
  );
}

/** A process: its head, its state, the edges that are not drawn, and if it is not in brief, its words. */
function boxLines({ boxes, edges }: Stage, box: PlacedBox, brief: boolean): Line[] {
  const { id, pid, state, told, words, acts } = box;
  const style = state === "t" || state === "T" ? "stopped" : hasEnded(state) ? "ended" : "running";
  const kin = edges.flatMap(({ kind, from, to, past }) => {
    const { row, column } = boxes.find((each) => each.id === from) ?? box;
    const isDrawn = !brief && row === box.row && column === box.column - 1;
    if (to !== id || past || isDrawn) return [];
    return [[say(`${kind === "parent" ? "child of" : "traced by"} ${from} `, "faint")]];
  });
  const head = [say(id, acts ? "now" : "strong"), say(` ${pid} `, "faint")];
  const lines: Line[] = [head, [say(`${told.replace(" ·", ",")} `, style)], ...kin];
  if (brief) return lines;
  const rows = words.flatMap(({ name, value, meaning, look }): Line[] => {
    if (look === "code") return [];
    if (look === "next") return [[draw("▶ "), say(value)]];
    const now = look === "changed" ? "changed" : "plain";
    return [[say(`${name} `, "faint"), say(value, now), say(` ${meaning}`, "meaning")]];
  });
  return [...lines, ...rows].map((line) => [draw("│", style), ...line]);
}
