import type { ReadStream, WriteStream } from "node:tty";
import { type Line, type Size, STYLES } from "./frame.ts";

/** How a terminal is written to. */
export interface Look {
  readonly color: boolean;
  /** Whether it takes more than ASCII. */
  readonly unicode: boolean;
}

/** How this terminal is written to, by its environment. */
export function lookOf({ LC_ALL, LC_CTYPE, LANG, NO_COLOR }: NodeJS.ProcessEnv): Look {
  return { color: !NO_COLOR, unicode: /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "") };
}

/** The signs of the program's own, and in the same order what stands for each in ASCII. */
const SIGNS = "─━│▲✓✗▶•·…←→↑↓";
const PLAIN = "-=|^vx>o.~<>^v";

/** A line as a terminal takes it. Whatever is neither ASCII nor a known sign becomes a question mark. */
export function paint(line: Line, { color, unicode }: Look): string {
  const painted = line.map(({ text, style }) => {
    const inert = text.replace(/[^ -~]/gu, (sign) => {
      const plain = PLAIN[SIGNS.indexOf(sign)] ?? "?";
      return unicode && plain !== "?" ? sign : plain;
    });
    const [weight, hue] = STYLES[style];
    const codes = [weight, color ? hue : ""].filter(Boolean).join(";");
    return codes === "" || inert === "" ? inert : `\x1b[${codes}m${inert}\x1b[m`;
  });
  return painted.join("");
}

/** The alternate screen, no cursor, no line that runs over the edge; and all of it back. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE = "\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l";
const CLEAR = "\x1b[m\x1b[2J";

/** What a terminal is taken for that does not know its own size. */
const USUAL: Size = { columns: 80, rows: 24 };

/** The whole of a terminal, which is as it was once this is closed. */
export class Screen {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly #look = lookOf(process.env);
  #shown: string[] = [];
  #open = false;

  constructor(input: ReadStream, output: WriteStream) {
    this.input = input;
    this.output = output;
  }

  get size(): Size {
    const { columns, rows } = this.output;
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  }

  open(): void {
    // It may be open: somebody else may have stopped this process, and used the terminal meanwhile.
    this.close();
    this.#open = true;
    this.#shown = [];
    this.input.setRawMode(true);
    this.output.write(ENTER);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.output.write(LEAVE);
    this.input.setRawMode(false);
  }

  /** Shows a frame: only the lines that differ, in one write. */
  show(lines: readonly Line[]): void {
    const old = this.#shown;
    this.#shown = lines.map((line) => paint(line, this.#look));
    const changes = this.#shown.map((line, i) =>
      line === old[i] ? "" : `\x1b[${i + 1};1H${line}`,
    );
    if (this.#open) this.output.write(changes.join(""));
  }

  /** What is on the screen is not what was shown. */
  forget(): void {
    this.#shown = [];
    if (this.#open) this.output.write(CLEAR);
  }
}
