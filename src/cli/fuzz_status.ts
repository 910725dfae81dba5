import type { FuzzProgress } from "../fuzz/fuzz.ts";
import { talk } from "./report.ts";

/** How often lines are written where nothing can be drawn anew, in milliseconds. */
const PAUSE = 5000;
const [UP, CLEAR] = ["\x1b[A", "\x1b[K"];

/** What a run tells while it goes on, on stderr: a few lines that are drawn anew, or plain ones now and then. */
export class FuzzStatus {
  readonly #drawn = process.stderr.isTTY === true && process.env.TERM !== "dumb";
  readonly #bold = this.#drawn && !process.env.NO_COLOR;
  readonly #title: string;
  #lines = 0;
  #last = performance.now();

  constructor(title: string) {
    this.#title = title;
  }

  show(progress: FuzzProgress): void {
    if (this.#drawn) this.#draw(linesOf(progress));
    else if (performance.now() - this.#last >= PAUSE) {
      this.#last = performance.now();
      talk(`${linesOf(progress).join(", ")}\n`);
    }
  }

  /** Takes the lines away. */
  clear(): void {
    if (this.#lines > 0) talk(`${UP.repeat(this.#lines)}\r\x1b[J`);
    this.#lines = 0;
  }

  #draw(lines: readonly string[]): void {
    const title = this.#bold ? `\x1b[1m${this.#title}\x1b[0m` : this.#title;
    // Some terminals do not know how wide they are.
    const width = process.stderr.columns || 80;
    const all = [title, ...lines.map((line) => `  ${line.slice(0, width - 3)}`)];
    talk(`${UP.repeat(this.#lines)}\r${all.map((line) => `${line}${CLEAR}\n`).join("")}`);
    this.#lines = all.length;
  }
}

function linesOf({ state, cases, seconds, target }: FuzzProgress): string[] {
  const { counts, corpus, findings } = state;
  const number = (n: number) => Math.round(n).toLocaleString("en");
  const unpredicted = [...counts.unpredicted.values()].reduce((sum, n) => sum + n, 0);
  const share = counts.cases === 0 ? 0 : (100 * unpredicted) / counts.cases;
  const of = target === undefined ? "" : ` of ${number(target)} in all`;
  return [
    `${number(cases)} cases${of}, ${number(cases / Math.max(seconds, 0.001))} a second, ${clock(seconds)}`,
    `${number(corpus.length)} signatures in the corpus, ${number(findings.length)} findings`,
    `${number(counts.deaths)} stubs ended, ${number(counts.hangs)} hung, ${share.toFixed(2)} % not predicted`,
  ];
}

function clock(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
  return `${minutes}:${String(rest).padStart(2, "0")}`;
}
