import { writeSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { StublabError } from "../lib/errors.ts";
import { codeOf, unwritable } from "../lib/folder.ts";
import { visible, visibleJson, visibleLines } from "../lib/visible.ts";
import { endCommand } from "../sandbox/channel.ts";

/** Writes bytes to a standard stream; returns how many were written. */
type Write = (fd: 1 | 2, bytes: Uint8Array) => number;

let write: Write = writeSync;

/** Replaces how the standard streams are written, for a program that runs commands within itself; returns how they were. */
export function replaceWrite(replacement: Write): Write {
  const before = write;
  write = replacement;
  return before;
}

/** Reports an error on stderr, and with --json also as a document on stdout. */
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
    // The error has already been reported on standard error.
  }
}

/** Indents all lines but the first, such as registers or compiler messages, so that none looks like a remedy. */
function nested(text: unknown): string {
  return String(text).replaceAll("\n", "\n  ");
}

/** Writes lines to stderr, with terminal control characters escaped. */
export function talk(text: string): void {
  draw(visibleLines(text));
}

/** Writes to stderr synchronously, whatever kind of file it is: the next system call may end this process. */
export function draw(text: string): void {
  try {
    write(2, Buffer.from(text));
  } catch {
    // Nothing reads stderr, which is not a reason to fail.
  }
}

/** How long to wait before writing again to a pipe that is full, in milliseconds. */
const PAUSE_MILLISECONDS = 1;

/**
 * Writes all bytes before it returns, however slow the reader is, so that nothing is buffered in memory. If the reader
 * closes the pipe, this process ends.
 *
 * @throws OutputError
 */
export function writeAll(fd: 1 | 2, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += write(fd, bytes.subarray(done));
    } catch (error) {
      const code = codeOf(error);
      // A reader of stdout that closes early, such as `head`, is not a failure.
      if (code === "EPIPE") endCommand(fd === 1 ? 0 : 1);
      if (code !== "EAGAIN") throw unwritable(`standard ${fd === 1 ? "output" : "error"}`, error);
      // Node.js makes pipes non-blocking.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLISECONDS);
    }
  }
}

/** Prints a text. @throws OutputError */
export function print(text: string): void {
  writeAll(1, Buffer.from(text));
}

/** Prints lines, with terminal control characters escaped; folded if stdout is a terminal. */
export function tell(text: string): void {
  const { isTTY, columns } = process.stdout;
  print(visibleLines(isTTY ? fold(text, columns || 80) : text, hasColors()));
}

/** Prints a report: as a document with --json, otherwise as lines. */
export function publish(json: true | undefined, schema: string, document: object, text: string) {
  if (json) printJson(schema, document);
  else tell(text);
}

/** Prints one JSON document. BigInts become hex strings. */
export function printJson(schema: string, document: object): void {
  const text = JSON.stringify(
    { schema, ...document },
    (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value),
    2,
  );
  print(`${visibleJson(text)}\n`);
}

const COLORS = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

/** Returns `text` in a colour if stdout is a terminal and NO_COLOR is not set (no-color.org). */
export function paint(color: keyof typeof COLORS, text: string): string {
  return hasColors() ? `\x1b[${COLORS[color]}m${text}\x1b[0m` : text;
}

function hasColors(): boolean {
  return isScreen(process.stdout) && !process.env.NO_COLOR;
}

/** Whether a stream is a terminal that obeys escape sequences. */
export function isScreen({ isTTY }: NodeJS.WriteStream): boolean {
  return isTTY && process.env.TERM !== "dumb";
}

/* Folds long lines at words, as lines that the terminal breaks itself are hard to read. */

const lengthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Folds `text` to lines of at most `width` columns where words permit; continuation lines are indented to their text. */
export const fold = (text: string, width: number): string =>
  text
    .split("\n")
    .flatMap((line) => foldLine(line, width))
    .join("\n");

function foldLine(line: string, width: number): string[] {
  // A command that is folded cannot be copied.
  if (line.startsWith("  repeat ")) return [line];
  const start = startOf(stripVTControlCharacters(line), width);
  const lines: string[] = [];
  let last = "";
  for (const word of line.split(/(?<=\S)(?= )/)) {
    const isFull = lengthOf(last) + lengthOf(word) > width;
    if (isFull && last.trim() !== "") {
      lines.push(last);
      last = " ".repeat(start) + word.trimStart();
    } else last += word;
  }
  return [...lines, last];
}

/** The column where the text of a line begins, after its label: after two spaces, in the first half. */
function startOf(line: string, width: number): number {
  const ends = [...line.matchAll(/(?:^|\S)( {2,})(?=\S)/g)]
    .map(({ index, 0: { length } }) => index + length)
    .filter((end) => end <= width / 2);
  return ends.at(-1) ?? 2;
}
