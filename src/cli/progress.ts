import { draw, isScreen } from "./report.ts";

const WIDTH = 20;
/** How often the line is redrawn, in milliseconds. */
const PAUSE = 100;

/** A line on stderr that shows the progress of a long command. Nothing is written unless stderr is a terminal. */
export class Progress {
  readonly #visible = isScreen(process.stderr);
  #last = 0;

  /** @param share 0 to 1 */
  show(share: number, text: string): void {
    const now = performance.now();
    if (!this.#visible || now - this.#last < PAUSE) return;
    this.#last = now;
    const full = Math.round(share * WIDTH);
    const bar = "#".repeat(full) + "-".repeat(WIDTH - full);
    const line = `[${bar}] ${String(Math.round(share * 100)).padStart(3)} %  ${text}`;
    // A line that wraps could not be redrawn. Some terminals wrap one that fills the width, and all echo ^C after it.
    draw(`\r${line.slice(0, (process.stderr.columns || 80) - 3)}\x1b[K`);
  }

  /** Erases the line. */
  clear(): void {
    if (this.#visible && this.#last > 0) draw("\r\x1b[K");
  }
}
