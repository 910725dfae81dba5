import type { Line, Style } from "./frame.ts";

/** How a terminal is written to. */
export interface Look {
  readonly color: boolean;
  /** Whether it takes more than ASCII. */
  readonly unicode: boolean;
}

/** The signs of the program's own, and in the same order what stands for each in ASCII. */
const SIGNS = "─━│▲✓✗▶▷·…←→↑↓";
const PLAIN = "-=|^vx>@.~<>^v";

/** Select Graphic Rendition: a weight, which is no colour, and a colour. */
const STYLES: Readonly<Record<Style, readonly [weight: string, color: string]>> = {
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
  stopped: ["", "33"],
  ended: ["2", "31"],
};

/** A line as a terminal takes it. Whatever is neither ASCII nor a known sign becomes a question mark. */
export function paint(line: Line, { color, unicode }: Look): string {
  return line
    .map(({ text, style }) => {
      const inert = text.replace(/[^ -~]/gu, (sign) => {
        const plain = PLAIN[SIGNS.indexOf(sign)] ?? "?";
        return unicode && plain !== "?" ? sign : plain;
      });
      const codes = STYLES[style]
        .slice(0, color ? 2 : 1)
        .filter(Boolean)
        .join(";");
      return codes === "" || inert === "" ? inert : `\x1b[${codes}m${inert}\x1b[m`;
    })
    .join("");
}

/** What turns the screen that shows `old` into one that shows `lines`, which are as wide as it: those that differ. */
export function repaint(old: readonly string[], lines: readonly string[]): string {
  return lines.map((line, i) => (line === old[i] ? "" : `\x1b[${i + 1};1H${line}`)).join("");
}
