import type { Moment } from "../moment.ts";
import type { CodeLine } from "../recording.ts";
import { draw, type Line, prose, say, widthOf } from "./frame.ts";

/** From this width on there is room for the bytes of instructions. */
const WIDE = 60;
const BYTES = 22;

/** The code that the subject is in, and which of its lines has to be seen. */
export function tellCode({ place, known }: Moment, width: number): readonly [Line[], number] {
  if (place === null) return [noCode(known.registers !== null, width), 0];
  const { code, executed, next, within } = place;
  const lines: Line[] = [];
  let current = 0;
  for (const [i, line] of code.lines.entries()) {
    if (line.label !== null) lines.push([say(` ${line.label}:`, "faint")]);
    if (i === (executed ?? next)) current = lines.length;
    // ▶ was executed with this step, ▷ is the next one.
    const mark = i === executed ? "▶" : i === next && within === 0 ? "▷" : " ";
    lines.push(tellLine(mark, line, width));
    if (i === next && within > 0)
      lines.push([
        draw("▷", "strong"),
        say(`${offsetOf(line.offset + within)}, inside of that`, "strong"),
      ]);
  }
  return [lines, current];
}

function tellLine(mark: string, { offset, bytes, text }: CodeLine, width: number): Line {
  const head = [
    draw(mark, "strong"),
    say(`${offsetOf(offset)} `, "faint"),
    say(width < WIDE ? "" : bytes.slice(0, BYTES).padEnd(BYTES), "faint"),
  ];
  const fits = widthOf(head) + text.length <= width;
  return [...head, say(fits ? text : text.replace("  #", " #"), mark === "▶" ? "strong" : "plain")];
}

/** As the registers beside it name an address in the code: in hexadecimal. */
function offsetOf(offset: number): string {
  return `+${offset.toString(16).padStart(2, "0")}`;
}

function noCode(isElsewhere: boolean, width: number): Line[] {
  const why = isElsewhere
    ? "The thread is in none of the recording's code."
    : "The kernel was not asked where the thread is.";
  return prose(why, width, "faint", "  ");
}
