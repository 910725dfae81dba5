import { draw, isScreen, talk } from "./report.ts";

const WIDTH = 20;
/** How often the line is redrawn, and another one written where it cannot be, in milliseconds. */
const PAUSE = 100;
const LINE_PAUSE = 10_000;

/** A line on stderr that shows the progress of a long command. */
export class Progress {
  readonly #visible = isScreen(process.stderr);
  readonly #pause: number;
  #last: number;

  /** @param lines whether further lines are written if stderr is not a terminal; else nothing is */
  constructor({ lines = false } = {}) {
    this.#pause = this.#visible ? PAUSE : lines ? LINE_PAUSE : Number.POSITIVE_INFINITY;
    this.#last = this.#visible ? 0 : performance.now();
  }

  /** @param share 0 to 1 */
  show(share: number, text: string): void {
    const now = performance.now();
    if (now - this.#last < this.#pause) return;
    this.#last = now;
    const percent = `${String(Math.round(share * 100)).padStart(3)} %  ${text}`;
    if (!this.#visible) {
      talk(`${percent.trimStart()}\n`);
      return;
    }
    const full = Math.round(share * WIDTH);
    const bar = "#".repeat(full) + "-".repeat(WIDTH - full);
    const line = `[${bar}] ${percent}`;
    // A line that wraps could not be redrawn. Some terminals wrap one that fills the width, and all echo ^C after it.
    draw(`\r${line.slice(0, (process.stderr.columns || 80) - 3)}\x1b[K`);
  }

  /** Erases the line. */
  clear(): void {
    if (this.#visible && this.#last > 0) draw("\r\x1b[K");
  }
}
