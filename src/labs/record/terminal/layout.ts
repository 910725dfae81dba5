import { seenAt, seenStep, sinceAt } from "../reading.ts";
import { stageAt } from "../stage/stage.ts";
import { scrubber, statusLine, titleLine } from "./bars.ts";
import { explain, tellBeginning, tellEnding } from "./explain.ts";
import { unfold } from "./folds.ts";
import { draw, fit, type Line, prose, type Size, textOf } from "./frame.ts";
import { stageLines } from "./stage.ts";
import { FOLDS, type Fold, type State } from "./state.ts";

/** Below this nothing can be read. */
const LEAST: Size = { columns: 30, rows: 8 };

/** The first line and the last two. */
const BARS = 3;

/** Prose is not read in longer lines. */
const PROSE = 100;

/** So many lines of code leave room for the rest: in one column, or one of several. */
const CODE = 7;
const WIDE_CODE = 24;

/** The columns under the stage, from a width of the terminal on: their parts of it. */
const COLUMNS: readonly (readonly [least: number, parts: readonly number[]])[] = [
  [170, [0.4, 0.26, 0.34]],
  [110, [0.54, 0.46]],
  [0, [1]],
];

export interface Frame {
  /** As many as the terminal has rows, each as wide as it. */
  readonly lines: readonly Line[];
  /** The state, scrolled no further than there is something to see. */
  readonly state: State;
}

interface Body {
  readonly lines: readonly Line[];
  /** How many of them have to be seen. */
  readonly seen: number;
  readonly open: readonly Fold[];
}

/** What is to be seen. */
export function render(state: State, size: Size): Frame {
  const { columns, rows } = size;
  if (columns < LEAST.columns || rows < LEAST.rows) {
    const text = `${columns} x ${rows} characters are too few: ${LEAST.columns} x ${LEAST.rows} is the least. q quits.`;
    const lines = prose(text, Math.max(1, columns));
    return { lines: Array.from({ length: rows }, (_, i) => fit(lines[i] ?? [], columns)), state };
  }
  const [width, room] = [columns - 1, rows - BARS];
  const { lines: all, seen, open } = bodyOf(state, width, room);
  const last = Math.max(0, all.length - room);
  const usual = Math.max(0, Math.min(seen - room, last));
  const first = Math.max(0, Math.min(usual + state.scroll, last));
  const body = Array.from({ length: room }, (_, i) => {
    // The last column says whether there is more.
    const more = i === 0 && first > 0 ? "↑" : i === room - 1 && first < last ? "↓" : " ";
    return [...fit(all[first + i] ?? [], width), draw(more, "strong")];
  });
  const end = [scrubber(state, columns), statusLine(state, columns)];
  const lines = [titleLine(state, columns), ...body, ...end];
  return { lines, state: { ...state, scroll: first - usual, open } };
}

/** A step or a question; or what there is to read before and after them. */
function bodyOf(state: State, width: number, rows: number): Body {
  const { asked, at } = state;
  const prose = Math.min(PROSE, width);
  const whole = (lines: readonly Line[]) => ({ lines, seen: 0, open: [] });
  if (at < 0) return whole(tellBeginning(state, prose));
  if (seenStep(state) === undefined && asked === null) return whole(tellEnding(state, prose));
  return stepBody(state, width, rows);
}

/** The stage, and under it the explanation and what folds. */
function stepBody(state: State, width: number, rows: number): Body {
  const { moments, annotator } = state;
  const [, parts] = COLUMNS.find(([least]) => width >= least) ?? [0, []];
  const widths = parts.map((part) => Math.floor(part * width) - 1);
  const [told, picked] = explain(state, Math.min(PROSE, widths[0] ?? 0));
  const moment = moments.at(seenAt(state), sinceAt(state));
  const { index, since } = moment;
  const stage = stageAt(moments, annotator, index, since);
  const whole = stageLines(stage, width);
  const isShort = whole.length + told.length < rows;
  const drawn = [...(isShort ? whole : stageLines(stage, width, true)), []];
  const changed = moments.changedAt(index, since).map(({ name }) => name);
  const code = parts.length > 1 ? WIDE_CODE : CODE;
  const shown = { state, moment, told: [...told.map(textOf), ...changed].join(" "), code };
  const columns: Line[][] = parts.map((_, i) => (i === 0 ? [...told] : []));
  const open: Fold[] = [];
  let seen = picked + drawn.length;
  for (const fold of Object.values(FOLDS)) {
    // The emptiest one; the detail belongs to the explanation.
    const lengths = columns.map(({ length }) => length);
    const at = fold === "detail" ? 0 : lengths.indexOf(Math.min(...lengths));
    const column = columns[at] ?? [];
    const left = rows - drawn.length - column.length;
    const content = unfold(fold, shown, widths[at] ?? 0, left);
    if (content.length === 0) continue;
    if (fold === state.sought) seen = drawn.length + column.length + rows;
    column.push(...content);
    open.push(fold);
  }
  return { lines: [...drawn, ...beside(columns, widths)], seen, open };
}

/** Columns of lines beside each other. */
function beside(columns: readonly (readonly Line[])[], widths: readonly number[]): Line[] {
  const length = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length }, (_, i) =>
    columns.flatMap((lines, column) => [
      ...(column === 0 ? [] : [draw("│", "faint")]),
      ...fit(lines[i] ?? [], widths[column] ?? 0),
    ]),
  );
}
