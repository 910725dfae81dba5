import { writeSync } from "node:fs";
import { OutputError, StublabError } from "../errors.ts";
import { endCommand } from "../foreign/channel.ts";
import { visible, visibleJson, visibleLines } from "../visible.ts";

/** Tells an error on stderr, and as a document on stdout where JSON was asked for. */
export function reportError(error: unknown, json: boolean): void {
  if (!(error instanceof StublabError)) {
    talk(`stublab: internal error: ${nested(error instanceof Error ? error.stack : error)}\n`);
    return;
  }
  const { code, message, call, errno, remedy } = error;
  talk(
    `stublab: ${nested(message)}\n${remedy === undefined ? "" : `  remedy: ${visible(remedy)}\n`}`,
  );
  if (!json) return;
  try {
    printJson("stublab.error/1", { error: { code, message, call, errno, remedy } });
  } catch {
    // It is known from standard error.
  }
}

/** A text in which no line that follows the first can be taken for a remedy: registers, or what a compiler says. */
function nested(text: unknown): string {
  return String(text).replaceAll("\n", "\n  ");
}

/** Writes lines to stderr, in which what would move a terminal is an escape. */
export function talk(text: string): void {
  draw(visibleLines(text));
}

/** Writes to stderr at once, whatever it is: the next system call may be this process's last. */
export function draw(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody listens; that is no reason to end.
  }
}

/** How long a reader that is behind is waited for before it is asked again, in milliseconds. */
const PAUSE_MILLISECONDS = 1;

/**
 * Writes all of it before it returns, however slowly it is read: nothing of it is kept in memory. A reader that has seen
 * enough ends this process.
 *
 * @throws OutputError
 */
export function writeAll(fd: 1 | 2, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // A reader of stdout that has seen enough, such as `head`, is no failure.
      if (code === "EPIPE") endCommand(fd === 1 ? 0 : 1);
      if (code !== "EAGAIN") throw unwritable(fd === 1 ? "output" : "error", error);
      // Node.js makes pipes non-blocking.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLISECONDS);
    }
  }
}

/** The error of a standard stream that takes no more, such as on a full disk. */
export function unwritable(stream: "output" | "error", cause: unknown): OutputError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OutputError(`standard ${stream} cannot be written: ${why}`, {
    cause,
    ...(cause instanceof Error && "code" in cause && { errno: String(cause.code) }),
  });
}

/** Prints all of a text. @throws OutputError */
export function print(text: string): void {
  writeAll(1, Buffer.from(text));
}

/** Prints lines for people, in which what would move a terminal is an escape. */
export function tell(text: string): void {
  print(visibleLines(text, hasColors()));
}

/** Prints one document. BigInts, which are words, become hex strings. */
export function printJson(schema: string, document: object): void {
  const text = JSON.stringify(
    { schema, ...document },
    (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value),
    2,
  );
  print(`${visibleJson(text)}\n`);
}

const COLORS = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

/** `text` in a colour, where stdout is a terminal and nobody minds (no-color.org). */
export function paint(color: keyof typeof COLORS, text: string): string {
  return hasColors() ? `\x1b[${COLORS[color]}m${text}\x1b[0m` : text;
}

function hasColors(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}
