// What folds under the explanation: the detail, the code, the registers, what /proc says, and the terms.

import { narrow } from "../../../lib/visible.ts";
import type { MeaningRow } from "../annotate.ts";
import { glossary } from "../lesson_text.ts";
import { hasEnded, isOld, type Known, type Moment, type RegisterRow } from "../moment.ts";
import { stepNumber, tellAge } from "../tell.ts";
import { draw, fit, type Line, prose, say } from "./frame.ts";
import { FOLDS, type Fold, type State } from "./state.ts";

/** What folds are made of. */
interface Shown {
  readonly state: State;
  readonly moment: Moment;
  /** The blocks of the step. */
  readonly told: string;
  /** How many lines of code leave room for the rest. */
  readonly code: number;
}

/** A fold with its header; no lines if the reader has closed it, or has not opened it and it finds no room. */
export function unfold(fold: Fold, shown: Shown, width: number, room: number): Line[] {
  const { state, moment, code } = shown;
  const wanted = state.folds[fold] ?? !isPast(fold, moment);
  const most = fold === "code" ? Math.min(room - 1, code) : room - 1;
  const limit = state.folds[fold] ? Number.POSITIVE_INFINITY : most;
  const lines = wanted && limit > 0 ? TELL[fold](shown, width, limit) : [];
  if (lines.length === 0 || lines.length > limit) return [];
  const key = Object.entries(FOLDS).find(([, name]) => name === fold)?.[0];
  const of = fold === "detail" || fold === "terms" ? "" : ` of ${narrow(moment.subject)}`;
  return [fit([draw(`─ ${fold}${of} (${key}) `.padEnd(width, "─"), "faint")], width), ...lines];
}

/** Whether that is what was known of a process that has ended since. */
function isPast(fold: Fold, { known, index }: Moment): boolean {
  const { registers, kernel } = known;
  const value = { code: registers, registers, "/proc": kernel, detail: null, terms: null }[fold];
  return hasEnded(known.state) && value !== null && value.step !== index;
}

/** The lines of a fold; of code and registers those that matter most if there is not so much room. */
const TELL: Readonly<Record<Fold, (shown: Shown, width: number, room: number) => Line[]>> = {
  detail: ({ state: { asked }, moment: { step } }, width) =>
    asked === null && step?.detail != null ? prose(step.detail, width) : [],
  code: ({ moment }, width, room) => tellCode(moment, width, room),
  registers: tellRegisters,
  "/proc": ({ state: { annotator }, moment }, width) => {
    const rows = annotator.kernelRows(moment.subject, moment.index, moment.since);
    const lines = rows.flatMap((row) => {
      const label = `${row.changed ? "*" : " "} ${row.name.padEnd(11)}`;
      const told = `${row.after}${byOf(row, moment)}`;
      return prose(told, width, row.changed ? "changed" : "plain", label);
    });
    return [...layOutAge(moment, moment.known.kernel, width), ...lines];
  },
  terms: ({ state, told }, width) =>
    glossary(state.recording.machine.arch).flatMap(({ forms, text }) => {
      const isTold = forms.some((form) => new RegExp(`(?<!\\w)${form}(?!\\w)`, "i").test(told));
      return isTold ? prose(text, width, "plain", `  ${forms[0]}: `) : [];
    }),
};

/** • was executed with this step, ▶ is the next one. */
function tellCode({ place }: Moment, width: number, room: number): Line[] {
  if (place === null) return [];
  const { code, executed, next, within } = place;
  const lines: Line[] = [];
  let current = 0;
  for (const [i, { label, offset, text }] of code.lines.entries()) {
    if (label !== null) lines.push([say(` ${label}:`, "faint")]);
    if (i === (executed ?? next)) current = lines.length;
    const mark = i === next && within === 0 ? "▶" : i === executed ? "•" : " ";
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
function tellRegisters({ state, moment }: Shown, width: number, room: number): Line[] {
  const all = state.annotator.registers(moment);
  const note = layOutAge(moment, moment.known.registers, width);
  const used = all.filter(({ used, changed }) => used || changed);
  const rows = note.length + all.length <= room ? all : used;
  if (rows.length === 0) return [];
  return [...note, ...rows.map((row) => tellRegister(row, moment, width))];
}

/** A change is marked by a star, and not only by a colour. */
function tellRegister(row: MeaningRow, moment: Moment, width: number): Line {
  const { name, before, after, changed, meaning } = row;
  const style = changed ? "changed" : "plain";
  const head = say(`${changed ? "*" : " "} ${name.padEnd(8)} ${after}`, style);
  const means = meaning === null ? "" : ` ${meaning}`;
  const was = changed ? `  was ${before}${byOf(row, moment)}` : "";
  return fit([head, say(means, "meaning"), say(was, "faint")], width);
}

/** Which step before this one has changed it. */
const byOf = ({ by }: RegisterRow, { index }: Moment) =>
  by === null || by === index ? "" : `, step ${stepNumber(by)}`;

function layOutAge(moment: Moment, value: Known<unknown> | null, width: number): Line[] {
  if (value === null || value.step === moment.index) return [];
  const style = isOld(moment.known, value, moment.index) ? "strong" : "faint";
  return prose(tellAge(moment, value), width, style, "  ");
}
