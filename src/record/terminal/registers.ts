import { FIRST_REGISTERS } from "../amd64.ts";
import type { Recording } from "../recording.ts";
import { type RegisterRow, registerRows, stepNumber } from "../view/told.ts";
import { draw, fit, type Line, prose, say, widthOf } from "./frame.ts";

/** How wide the names are; only that of orig_rax is wider. */
const NAME = 6;

/**
 * The registers of the thread that a step is about. Where not all find room those that changed come first; else each
 * keeps its place.
 */
export function tellRegisters(
  recording: Recording,
  index: number,
  width: number,
  rows: number,
): Line[] {
  const from = lastRegisters(recording, index);
  const step = recording.steps[from];
  if (step === undefined)
    return prose("The kernel was not asked for them yet.", width, "faint", "  ");
  const old = from !== index;
  const all = inOrder(registerRows(step)).map((row) => ({ ...row, changed: row.changed && !old }));
  const note = old ? prose(`as of step ${stepNumber(from)}`, width, "faint", "  ") : [];
  const changed = all.filter((row) => row.changed).flatMap((row) => tellChange(row, width));
  const calm = all.filter((row) => !row.changed);
  if (note.length + changed.length + calm.length <= rows) {
    return [...note, ...all.flatMap((row) => tellRow(row, width))];
  }
  return [
    ...note,
    ...changed,
    ...inColumns(
      calm.flatMap((row) => tellRow(row, width)),
      width,
    ),
  ];
}

/** Whether the registers of the thread that a step is about are known by then. */
export function hasRegisters(recording: Recording, index: number): boolean {
  return lastRegisters(recording, index) >= 0;
}

/** The index of the last step that has the registers of the same thread; -1 where none has. */
function lastRegisters({ steps }: Recording, index: number): number {
  const about = steps[index]?.about;
  for (let i = index; i >= 0; i--) {
    const step = steps[i];
    if (step?.about === about && step?.registers) return i;
  }
  return -1;
}

function inOrder(rows: readonly RegisterRow[]): RegisterRow[] {
  const rank = ({ name }: RegisterRow) =>
    FIRST_REGISTERS.includes(name) ? FIRST_REGISTERS.indexOf(name) : FIRST_REGISTERS.length;
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

function tellRow(row: RegisterRow, width: number): Line[] {
  if (row.changed) return tellChange(row, width);
  return [[draw("  "), say(row.name.padEnd(NAME)), draw(" "), say(row.after)]];
}

/** A change is marked by a star, and not only by a colour. */
function tellChange({ name, before, after }: RegisterRow, width: number): Line[] {
  const head = [draw("* ", "changed"), say(name.padEnd(NAME), "changed"), draw(" ")];
  const line = [...head, say(before), draw(" → "), say(after, "changed")];
  if (widthOf(line) <= width) return [line];
  return [
    [...head, say(before)],
    [draw(`${" ".repeat(NAME)} → `), say(after, "changed")],
  ];
}

/** Short lines side by side, read downwards, where two of them find room. */
function inColumns(lines: readonly Line[], width: number): Line[] {
  const half = Math.floor(width / 2);
  if (lines.some((line) => widthOf(line) >= half)) return [...lines];
  const rows = Math.ceil(lines.length / 2);
  return lines.slice(0, rows).map((left, i) => [...fit(left, half), ...(lines[rows + i] ?? [])]);
}
