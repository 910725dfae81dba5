import type { FuzzProgress } from "../labs/fuzz/run/options.ts";
import { visible } from "../lib/visible.ts";
import { foldLine } from "./fold.ts";
import { draw, talk } from "./report.ts";
import { number } from "./rows.ts";

/** How often lines are written if stderr cannot be redrawn, in milliseconds. */
const PAUSE = 5000;
const [UP, CLEAR, CLEAR_BELOW] = ["\x1b[A", "\x1b[K", "\x1b[J"];

/** The progress of a run on stderr: a few lines that are redrawn, or else a plain line at intervals. */
export class FuzzStatus {
  readonly #drawn = process.stderr.isTTY === true && process.env.TERM !== "dumb";
  readonly #bold = this.#drawn && !process.env.NO_COLOR;
  readonly #title: string;
  /** The lengths of the lines on the screen. */
  #lengths: readonly number[] = [];
  #last = performance.now();

  constructor(title: string) {
    this.#title = visible(title);
  }

  show(progress: FuzzProgress): void {
    if (this.#drawn) this.#draw(linesOf(progress));
    else if (performance.now() - this.#last >= PAUSE) {
      this.#last = performance.now();
      talk(`${linesOf(progress).join(", ")}\n`);
    }
  }

  /** Erases the lines. */
  clear(): void {
    if (this.#lengths.length > 0) draw(`${UP.repeat(this.#rows)}\r${CLEAR_BELOW}`);
    this.#lengths = [];
  }

  /** Writes a line above them. */
  note(text: string): void {
    this.clear();
    talk(`${text}\n`);
  }

  #draw(lines: readonly string[]): void {
    const all = [this.#title, ...lines.flatMap((line) => foldLine(`  ${line}`, this.#width - 1))];
    // On some terminals a line that fills the width wraps.
    const [title = "", ...rest] = all
      .map((line) => line.slice(0, this.#width - 1))
      // Lines that have scrolled off the screen cannot be redrawn.
      .slice(0, Math.max(1, (process.stderr.rows || 24) - 1));
    const drawn = [this.#bold ? `\x1b[1m${title}\x1b[0m` : title, ...rest];
    const text = drawn.map((line) => `${line}${CLEAR}\n`).join("");
    draw(`${UP.repeat(this.#rows)}\r${text}${CLEAR_BELOW}`);
    this.#lengths = [title, ...rest].map(({ length }) => length);
  }

  /** Some terminals do not report their width. */
  get #width(): number {
    return process.stderr.columns || 80;
  }

  /** How many rows the lines currently take: a terminal that has become narrower wraps them. */
  get #rows(): number {
    return this.#lengths.reduce((sum, n) => sum + Math.max(1, Math.ceil(n / this.#width)), 0);
  }
}

function linesOf({ state, cases, seconds, target }: FuzzProgress): string[] {
  const { counts, kinds, findings } = state;
  const unpredicted = [...counts.unpredicted.values()].reduce((sum, n) => sum + n, 0);
  const share = counts.cases === 0 ? 0 : (100 * unpredicted) / counts.cases;
  const of = target === undefined ? "" : ` of ${number(target)} in all`;
  return [
    `${number(counts.cases)} cases${of}, ${number(Math.round(cases / Math.max(seconds, 0.001)))} a second, ${clock(seconds)}`,
    `${number(kinds)} signatures, ${number(findings.length)} findings`,
    `${number(counts.deaths)} stubs ended, ${number(counts.hangs)} hung, ${share.toFixed(2)} % not predicted`,
  ];
}

function clock(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
  return `${minutes}:${String(rest).padStart(2, "0")}`;
}
