import { draw } from "./report.ts";

const WIDTH = 30;
/** How often the line is redrawn, in milliseconds. */
const PAUSE = 100;

/** A line on stderr that shows the progress of a long command. Nothing is written unless stderr is a terminal. */
export class Progress {
  readonly #visible = process.stderr.isTTY && process.env.TERM !== "dumb";
  #last = 0;

  /** @param share 0 to 1 */
  show(share: number, text: string): void {
    const now = performance.now();
    if (!this.#visible || now - this.#last < PAUSE) return;
    this.#last = now;
    const full = Math.round(share * WIDTH);
    const bar = "#".repeat(full) + "-".repeat(WIDTH - full);
    draw(`\r[${bar}] ${String(Math.round(share * 100)).padStart(3)} %  ${text}\x1b[K`);
  }

  /** Erases the line. */
  clear(): void {
    if (this.#visible && this.#last > 0) draw("\r\x1b[K");
  }
}
