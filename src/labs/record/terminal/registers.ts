import type { Annotator, MeaningRow } from "../annotate.ts";
import { isOld, type Moment } from "../moment.ts";
import { draw, fit, type Line, prose, say, widthOf } from "./frame.ts";
import { tellAge } from "./kernel.ts";

/** How wide the names are; only that of orig_rax is wider. */
const NAME = 6;

/**
 * The registers of the subject, in the same order at every step if there is room for all. Otherwise the operands of the
 * instruction come first, then what has changed, so that they are seen without scrolling; they take less room if there
 * is not enough.
 */
export function tellRegisters(
  moment: Moment,
  annotator: Annotator,
  width: number,
  height: number,
): Line[] {
  const { known, index } = moment;
  if (known.registers === null)
    return prose("The kernel was not asked for them yet.", width, "faint", "  ");
  const note = tellAge(known, known.registers, index, width);
  const { first, rest, segments } = annotator.groups(moment);
  const all = [...first, ...rest, ...segments];
  const room = height - note.length;
  const ordered = all.flatMap((row) => tellRow(row, width));
  const rows = ordered.length <= room ? ordered : tellRanked(all, segments, width, room);
  return [...note, ...(isOld(known, known.registers, index) ? rows.map(faint) : rows)];
}

/** Operands, what has changed, the others, and the segments folded into a line. */
function tellRanked(
  rows: readonly MeaningRow[],
  segments: readonly MeaningRow[],
  width: number,
  room: number,
): Line[] {
  const top = [
    ...rows.filter(({ used }) => used),
    ...rows.filter(({ used, changed }) => changed && !used),
  ];
  const others = rows.filter(({ used, changed }) => !used && !changed);
  const unchanged = segments.filter((row) => others.includes(row));
  const told = unchanged.map(({ name, after }) => `${name}=${after}`);
  const folded = prose(told.join("  "), width, "faint", "  ");
  const calm = others.filter((row) => !segments.includes(row));
  const whole = top.flatMap((row) => tellRow(row, width));
  const head = whole.length <= room ? whole : top.flatMap((row) => tellShort(row, width));
  return [...head, ...inColumns(calm, width), ...folded];
}

const faint = (line: Line): Line => line.map(({ text }) => draw(text, "faint"));

/** A change is marked by a star, and not only by a colour. */
function tellRow({ name, before, after, changed, meaning }: MeaningRow, width: number): Line[] {
  if (!changed) return [tellValue(name, after, meaning)];
  const from = [...headOf(name, true), say(before)];
  const to = [draw(" → "), say(after, "changed")];
  const means = mean(meaning);
  const fits = (line: Line) => widthOf(line) <= width;
  if (fits([...from, ...to, ...means])) return [[...from, ...to, ...means]];
  const indent = draw(" ".repeat(NAME));
  const apart = [indent, draw("  "), ...means];
  if (fits([...from, ...to])) return [[...from, ...to], apart];
  const next = [indent, ...to];
  return fits([...next, ...means]) ? [from, [...next, ...means]] : [from, next, apart];
}

function tellShort({ name, after, changed, meaning }: MeaningRow, width: number): Line[] {
  if (!changed) return [tellValue(name, after, meaning)];
  const line = [...headOf(name, true), say(after, "changed"), ...mean(meaning)];
  return [widthOf(line) <= width ? line : fit(line, width)];
}

const tellValue = (name: string, value: string, meaning: string | null): Line => [
  ...headOf(name, false),
  say(value),
  ...mean(meaning),
];

function headOf(name: string, changed: boolean): Line {
  const style = changed ? "changed" : "plain";
  return [draw(changed ? "* " : "  ", style), say(name.padEnd(NAME), style), draw(" ")];
}

function mean(meaning: string | null): Line {
  return meaning === null ? [] : [say(` ${meaning}`, "meaning")];
}

/** Short lines side by side, read downwards, after those that mean something. */
function inColumns(rows: readonly MeaningRow[], width: number): Line[] {
  const named = rows.filter(({ meaning }) => meaning !== null);
  const plain = rows
    .filter(({ meaning }) => meaning === null)
    .map(({ name, after }) => tellValue(name, after, null));
  const half = Math.floor(width / 2);
  const tall = plain.filter((line) => widthOf(line) >= half);
  const short = plain.filter((line) => widthOf(line) < half);
  const height = Math.ceil(short.length / 2);
  return [
    ...named.map(({ name, after, meaning }) => tellValue(name, after, meaning)),
    ...tall,
    ...short.slice(0, height).map((left, i) => [...fit(left, half), ...(short[height + i] ?? [])]),
  ];
}
