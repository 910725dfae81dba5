import type { Line, Style } from "./frame.ts";

/** How a terminal is written to. */
export interface Look {
  readonly color: boolean;
  /** Whether it takes more than ASCII. */
  readonly unicode: boolean;
}

/** The signs of the program's own, and what stands for each in ASCII. */
const ASCII: Readonly<Record<string, string>> = {
  "─": "-",
  "━": "=",
  "│": "|",
  "┼": "+",
  "┬": "+",
  "┴": "+",
  "├": "+",
  "┤": "+",
  "▲": "^",
  "✓": "v",
  "✗": "x",
  "▶": ">",
  "▷": "@",
  "·": ".",
  "…": "~",
  "←": "<",
  "→": ">",
  "↑": "^",
  "↓": "v",
};

/** Select Graphic Rendition: weights, which are no colours, and colours. */
const WEIGHTS: Readonly<Record<Style, string>> = {
  plain: "",
  strong: "1",
  faint: "2",
  bar: "7",
  now: "7",
  changed: "1",
  good: "1",
  bad: "1",
  meaning: "",
  running: "",
  stopped: "",
  ended: "2",
};
const COLORS: Readonly<Partial<Record<Style, string>>> = {
  changed: "33",
  good: "32",
  bad: "31",
  meaning: "36",
  running: "32",
  stopped: "33",
  ended: "31",
};

/** A line as a terminal takes it. Whatever is neither ASCII nor a known sign becomes a question mark. */
export function paint(line: Line, { color, unicode }: Look): string {
  return line
    .map(({ text, style }) => {
      const inert = text.replace(/[^ -~]/gu, (sign) => {
        const plain = ASCII[sign] ?? "?";
        return unicode && plain !== "?" ? sign : plain;
      });
      const codes = [WEIGHTS[style], color ? COLORS[style] : ""].filter(Boolean).join(";");
      return codes === "" || inert === "" ? inert : `\x1b[${codes}m${inert}\x1b[m`;
    })
    .join("");
}

/** What turns the screen that shows `old` into one that shows `lines`, which are as wide as it: those that differ. */
export function repaint(old: readonly string[], lines: readonly string[]): string {
  return lines.map((line, i) => (line === old[i] ? "" : `\x1b[${i + 1};1H${line}`)).join("");
}
