import type { ReadStream, WriteStream } from "node:tty";
import type { Line, Size } from "./frame.ts";
import { type Look, paint, repaint } from "./paint.ts";

/** The alternate screen, no cursor, no line that runs over the edge; and all of it back. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE = "\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l";
const CLEAR = "\x1b[m\x1b[2J";

/** What a terminal is taken for that does not know its own size. */
const USUAL: Size = { columns: 80, rows: 24 };

/** The whole of a terminal, which is as it was once this is closed. */
export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #look: Look;
  #shown: string[] = [];
  #open = false;

  constructor(input: ReadStream, output: WriteStream, look: Look) {
    this.#input = input;
    this.#output = output;
    this.#look = look;
  }

  get size(): Size {
    const { columns, rows } = this.#output;
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  }

  open(): void {
    // It may be open: somebody else may have stopped this process, and used the terminal meanwhile.
    this.close();
    this.#open = true;
    this.#shown = [];
    this.#input.setRawMode(true);
    this.#output.write(ENTER);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#output.write(LEAVE);
    this.#input.setRawMode(false);
  }

  /** Shows a frame: only what differs, in one write. */
  show(lines: readonly Line[]): void {
    const painted = lines.map((line) => paint(line, this.#look));
    const changes = repaint(this.#shown, painted);
    this.#shown = painted;
    if (this.#open && changes !== "") this.#output.write(changes);
  }

  /** What is on the screen is not what was shown. */
  forget(): void {
    this.#shown = [];
    if (this.#open) this.#output.write(CLEAR);
  }
}

/** How this terminal is written to, by its environment. */
export function lookOf(environment: NodeJS.ProcessEnv): Look {
  const { LC_ALL, LC_CTYPE, LANG, NO_COLOR } = environment;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  return { color: !NO_COLOR, unicode: /utf-?8/i.test(locale) };
}
