import { writeSync } from "node:fs";
import { StublabError } from "../errors.ts";

/** Tells an error on stderr, and as a document on stdout where JSON was asked for. */
export function reportError(error: unknown, json: boolean): void {
  if (!(error instanceof StublabError)) {
    talk(`stublab: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return;
  }
  const { code, message, call, errno, remedy } = error;
  const cause = message.charAt(0) + message.slice(1);
  talk(`stublab: ${cause}\n${remedy === undefined ? "" : `  remedy: ${remedy}\n`}`);
  if (json) printJson("stublab.error/1", { error: { code, message, call, errno, remedy } });
}

/** Writes to stderr at once: the next system call may be this process's last. */
export function talk(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody listens; that is no reason to end.
  }
}

/** Prints one document. BigInts, which are words, become hex strings. */
export function printJson(schema: string, document: object): void {
  const text = JSON.stringify(
    { schema, ...document },
    (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value),
    2,
  );
  process.stdout.write(`${text}\n`);
}

const COLORS = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

/** `text` in a colour, where stdout is a terminal and nobody minds (no-color.org). */
export function paint(color: keyof typeof COLORS, text: string): string {
  const plain = !process.stdout.isTTY || process.env.NO_COLOR || process.env.TERM === "dumb";
  return plain ? text : `\x1b[${COLORS[color]}m${text}\x1b[0m`;
}
