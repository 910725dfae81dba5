// What folds under the explanation: the code, the registers, what /proc says, the memory map, and the terms.

import { counted } from "../../../lib/page/figures.ts";
import { narrow } from "../../../lib/visible.ts";
import type { Annotator, MeaningRow } from "../annotate.ts";
import { glossary } from "../lesson_text.ts";
import { isOld, type Known, type Moment } from "../moment.ts";
import { tellState } from "../proc.ts";
import { seenAt } from "../reading.ts";
import { stepNumber } from "../tell.ts";
import { draw, fit, type Line, prose, say } from "./frame.ts";
import { FOLDS, type Fold, type State } from "./state.ts";

/** What folds are made of. */
interface Shown {
  readonly moment: Moment;
  readonly annotator: Annotator;
  /** All that is told of the step, and what a kernel engineer would add. */
  readonly told: string;
  readonly detail: string | null;
}

export function shownAt(state: State, told: string): Shown {
  const { moments, annotator, asked } = state;
  const moment = moments.at(seenAt(state));
  return { moment, annotator, told, detail: asked === null ? (moment.step?.detail ?? null) : null };
}

/**
 * A fold with its header, if the reader has opened it, or if it finds room and the reader has not closed it; otherwise no
 * lines.
 *
 * @param isWide whether there is room for what this step does not need
 */
export function unfold(
  fold: Fold,
  { folds }: State,
  shown: Shown,
  width: number,
  room: number,
  isWide: boolean,
): Line[] {
  const wanted = folds[fold];
  if (!(wanted ?? (isWide || isNeeded(fold, shown)))) return [];
  // Some lines of code leave room for the rest.
  const most = fold === "code" ? Math.min(room - 1, isWide ? WIDE_CODE : CODE) : room - 1;
  const limit = wanted ? Number.POSITIVE_INFINITY : most;
  const lines = limit > 0 ? TELL[fold](shown, width, limit) : [];
  if (lines.length === 0 || lines.length > limit) return [];
  const key = Object.entries(FOLDS).find(([, name]) => name === fold)?.[0];
  const of = fold === "detail" || fold === "terms" ? "" : ` of ${narrow(shown.moment.subject)}`;
  return [fit([draw(`─ ${fold}${of} (${key}) `.padEnd(width, "─"), "faint")], width), ...lines];
}

const CODE = 7;
const WIDE_CODE = 24;

/** Whether this step is about what folds. */
function isNeeded(fold: Fold, { moment: { place, known, index } }: Shown): boolean {
  if (fold === "detail" || fold === "terms") return true;
  if (fold === "code") return place?.executed != null;
  const value = { registers: known.registers, "/proc": known.kernel, memory: known.memory }[fold];
  return value?.step === index;
}

/** The lines of a fold: all, or those that matter most if there is not so much room; none if there is nothing to say. */
const TELL: Readonly<Record<Fold, (shown: Shown, width: number, room: number) => Line[]>> = {
  detail: ({ detail }, width) => (detail === null ? [] : prose(detail, width)),
  code: ({ moment }, width, room) => tellCode(moment, width, room),
  registers: tellRegisters,
  "/proc": tellKernel,
  memory: ({ moment: { known, index } }, width) => {
    if (known.memory === null) return [];
    const { value, step } = known.memory;
    const style = step === index ? "changed" : "faint";
    return [
      [say(`  ${counted(value.length, "mapping")}`, style)],
      ...value.flatMap((mapping) => prose(mapping, width, "plain", "  ")),
    ];
  },
  terms: ({ told }, width) =>
    glossary().flatMap(({ forms, text }) => {
      const isTold = forms.some((form) => new RegExp(`(?<!\\w)${form}(?!\\w)`, "i").test(told));
      return isTold ? prose(text, width, "plain", `  ${forms[0]}: `) : [];
    }),
};

/** ▶ was executed with this step, ▷ is the next one. */
function tellCode({ place }: Moment, width: number, room: number): Line[] {
  if (place === null) return [];
  const { code, executed, next, within } = place;
  const lines: Line[] = [];
  let current = 0;
  for (const [i, { label, offset, text }] of code.lines.entries()) {
    if (label !== null) lines.push([say(` ${label}:`, "faint")]);
    if (i === (executed ?? next)) current = lines.length;
    const mark = i === executed ? "▶" : i === next && within === 0 ? "▷" : " ";
    const address = say(`${offsetOf(offset)} `, "faint");
    const fits = text.length + 6 <= width ? text : text.replace("  #", " #");
    lines.push([draw(mark, "strong"), address, say(fits, mark === "▶" ? "strong" : "plain")]);
    if (i === next && within > 0)
      lines.push([say(` ${offsetOf(offset + within)} is inside of that`, "strong")]);
  }
  const first = Math.max(0, Math.min(current - Math.floor(room / 2), lines.length - room));
  return lines.slice(first, first + room);
}

/** As the registers name an address in the code: in hexadecimal. */
const offsetOf = (offset: number) => `+${offset.toString(16).padStart(2, "0")}`;

/** In the same order at every step; if there is not enough room, those that the instruction uses and the step changed. */
function tellRegisters({ moment, annotator }: Shown, width: number, room: number): Line[] {
  const { known, index } = moment;
  if (known.registers === null) return [];
  const { first, rest, segments } = annotator.groups(moment);
  const all = [...first, ...rest, ...segments];
  const old = isOld(known, known.registers, index);
  const note = tellAge(moment, known.registers, width);
  const rows = all.map((row) => tellRegister(row, old, width));
  if (note.length + rows.length <= room) return [...note, ...rows];
  const used = all.filter(({ used, changed }) => used || changed);
  const top = [...used, ...all.filter((row) => !used.includes(row) && row.meaning !== null)];
  return [...note, ...top.map((row) => tellRegister(row, old, width))].slice(0, room);
}

/** A change is marked by a star, and not only by a colour. */
function tellRegister(row: MeaningRow, old: boolean, width: number): Line {
  const { name, before, after, changed, meaning } = row;
  const style = changed ? "changed" : old ? "faint" : "plain";
  const head = draw(changed ? "* " : "  ", style);
  const means = meaning === null ? [] : [say(` ${meaning}`, "meaning")];
  const line = [head, say(`${name.padEnd(8)} `, style), say(after, style), ...means];
  return fit([...line, ...(changed ? [say(`  was ${before}`, "faint")] : [])], width);
}

/** All fields; if there is not enough room, those that have changed. */
function tellKernel({ moment, annotator }: Shown, width: number, room: number): Line[] {
  const { known, index } = moment;
  if (known.kernel === null) return [];
  const usual = isOld(known, known.kernel, index) ? "faint" : "plain";
  const rows = annotator.kernelRows(known, index);
  const tell = (each: typeof rows) =>
    each.flatMap(({ term, value, changed }) => {
      const label = `${changed ? "*" : " "} ${term.padEnd(10)}`;
      return prose(value, width, changed ? "changed" : usual, label);
    });
  const all = [...tellAge(moment, known.kernel, width), ...tell(rows)];
  return all.length <= room ? all : tell(rows.filter(({ changed }) => changed));
}

/** When values were reported, if that was not with this step; and what the lane does meanwhile. */
function tellAge({ known, index }: Moment, value: Known<unknown>, width: number): Line[] {
  if (value.step === index) return [];
  const step = `step ${stepNumber(value.step)}`;
  if (!isOld(known, value, index)) return prose(`as of ${step}`, width, "faint", "  ");
  const now = `now ${tellState(known.state ?? "")}; values of ${step}`;
  return prose(now, width, "strong", "  ");
}
