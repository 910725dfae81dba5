// The stage in characters, for a terminal.

import { hasEnded } from "../moment.ts";
import type { Edge, PlacedBox, Stage } from "../stage/stage.ts";
import { draw, fit, type Line, say } from "./frame.ts";

/** Columns of characters that a box takes at least; with fewer, each process has a line. */
const NARROWEST = 18;

const VERBS = { parent: "child of", tracer: "traced by", terminal: "on" } as const;

/** In lines of `width` columns. @param brief a line for each process, without its words */
export function stageLines(stage: Stage, width: number, brief = false): Line[] {
  const { boxes, columns, rows, moves, omitted } = stage;
  const gap = Math.max(8, Math.min(16, Math.floor(width / columns / 3)));
  const own = Math.min(44, Math.floor((width - gap * (columns - 1)) / columns));
  const drawn =
    brief || own < NARROWEST
      ? boxes.map((box) => boxLines(stage, box, null).flat())
      : Array.from({ length: rows }, (_, row) => rowLines(stage, row, own, gap)).flat();
  const moved = moves.map(({ from, to, label, carries }) => [
    ...[say(from), draw(" → "), say(to), draw(": ")],
    say([label, ...carries].join(", "), "changed"),
  ]);
  const more = omitted === 0 ? [] : [[draw(`and ${omitted} more`, "faint")]];
  return [...drawn, ...moved, ...more].map((line) => fit(line, width));
}

/** The boxes of a row side by side, each after the edges from its neighbour. */
function rowLines(stage: Stage, row: number, own: number, gap: number): Line[] {
  const cells = Array.from({ length: stage.columns }, (_, column) => {
    const box = stage.boxes.find((each) => each.row === row && each.column === column);
    return box === undefined ? [] : boxLines(stage, box, column === 0 ? 0 : gap, own - 1);
  });
  const height = Math.max(0, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) =>
    cells.flatMap((lines, column) => fit(lines[i] ?? [], column === 0 ? own : gap + own)),
  );
}

/** A process: its head, its state, edges and words. @param gap columns for edges; null for no words */
function boxLines(
  { boxes, edges, frames }: Stage,
  box: PlacedBox,
  gap: number | null,
  room = 0,
): Line[] {
  const { id, state, told, words, acts } = box;
  const pid = box.terminal ? "" : `${box.pid}`;
  const style = state === "t" || state === "T" ? "stopped" : hasEnded(state) ? "ended" : "running";
  const own = edges.filter(({ to, past }) => to === id && !past);
  const isDrawn = ({ from }: Edge) => {
    const { row, column } = boxes.find((each) => each.id === from) ?? box;
    return gap !== null && row === box.row && column === box.column - 1;
  };
  const kin = own
    .filter((edge) => !isDrawn(edge))
    .map(({ kind, from }) => [say(`${VERBS[kind]} ${from} `, "faint")]);
  const around = frames.filter(({ of }) => of.includes(id));
  const head = [say(id, acts ? "now" : "strong"), say(` ${pid} `, "faint")];
  const lines: Line[] = [
    head,
    [say(`${told.replace(" ·", ",")}${gap === null ? " " : ""}`, style)],
    ...[...around.map(({ title }) => [say(`in ${title} `, "faint")]), ...kin],
  ];
  if (gap === null) return lines;
  for (const { name, value, meaning, look } of words) {
    // If there is no room for both, the meaning stands for the value, as in the drawing.
    const isCut = meaning !== "" && `${name} ${value} ${meaning}`.length > room;
    const now = look === "changed" ? "changed" : "plain";
    if (look === "next") lines.push([draw("▶ "), say(value)]);
    else if (look === "word" || look === "changed") {
      const values = isCut ? [] : [say(`${value} `, now)];
      lines.push([say(`${name} `, "faint"), ...values, say(meaning, "meaning")]);
    }
  }
  const line = "─".repeat(gap);
  const signs = { parent: line, terminal: line, tracer: "traces".padEnd(gap, "·") };
  return lines.map((line, i) => {
    const link = own.find((edge) => isDrawn(edge) && (edge.kind === "tracer" ? 1 : 0) === i);
    const sign = link === undefined ? " ".repeat(gap) : ` ${signs[link.kind].slice(0, gap - 2)}▶`;
    return [draw(sign, "faint"), draw("│", style), ...line];
  });
}
