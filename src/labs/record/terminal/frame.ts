import { narrow } from "../../../lib/visible.ts";
import { wrap } from "../wrap.ts";

/** What stretches of text are; and for each a weight, which is no colour, and a colour: Select Graphic Rendition. */
export const STYLES = {
  plain: ["", ""],
  strong: ["1", ""],
  faint: ["2", ""],
  bar: ["7", ""],
  now: ["7", ""],
  changed: ["1", "33"],
  good: ["1", "32"],
  bad: ["1", "31"],
  meaning: ["", "36"],
  running: ["", "32"],
  stopped: ["", "94"],
  ended: ["2", "31"],
} as const;
export type Style = keyof typeof STYLES;

/** A stretch of a line. Each character of it takes one column. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Text of the recording's, or the program's own: printable ASCII, and escapes for all else. */
export function say(text: string, style: Style = "plain"): Span {
  return { text: narrow(text), style };
}

/** Signs of the program's own, which `paint` knows an ASCII form of. */
export function draw(signs: string, style: Style = "plain"): Span {
  return { text: signs, style };
}

/** Text in as many lines as it takes, those behind the first set in by as much as the label is wide. */
export function prose(text: string, width: number, style: Style = "plain", label = ""): Line[] {
  const head = narrow(label).slice(0, Math.floor(width / 2));
  return wrap(narrow(text), width - head.length).map((line, i) => [
    draw(i === 0 ? head : " ".repeat(head.length)),
    draw(line, style),
  ]);
}

/** A line of exactly that many columns: filled with spaces, or cut, which shows. */
export function fit(line: Line, width: number, style: Style = "plain"): Line {
  const missing = width - textOf(line).length;
  if (missing === 0) return line;
  if (missing > 0) return [...line, draw(" ".repeat(missing), style)];
  const spans: Span[] = [];
  let room = width - 1;
  for (const span of line) {
    spans.push({ ...span, text: span.text.slice(0, room) });
    room -= span.text.length;
    if (room <= 0) break;
  }
  return width <= 0 ? [] : [...spans, draw("…", spans.at(-1)?.style)];
}

/** The characters of a line, without what they are. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join("");
}
