import { InputError } from "../lib/errors.ts";
import { type Limit, readInput } from "../lib/input.ts";
import { looksLikeName, parseFlags, parseNumber } from "../lib/names.ts";
import { ESCAPES, quote } from "../lib/quote.ts";
import { visible } from "../lib/visible.ts";

/** An argument of an injected call: a word, or bytes whose address is passed to the call; and how it is shown. */
export type InjectArgument =
  | { readonly text: string; readonly word: bigint; readonly bytes?: undefined }
  | { readonly text: string; readonly word?: undefined; readonly bytes: Uint8Array };

/**
 * Parses one argument: a number in any base, `@FILE`, a flag expression, or else a string with C's escapes. An
 * upper-case word that is not a known name is an error. The prefix `str:` forces a string.
 *
 * @throws InputError
 */
export function parseArgument(
  text: string,
  constants: ReadonlyMap<string, bigint>,
): InjectArgument {
  const number = parseNumber(text);
  if (number !== undefined) return { text, word: number };
  if (text.startsWith("str:")) return string(text.slice("str:".length));
  if (text.startsWith("@")) return file(text.slice(1));
  if (isExpression(text)) return { text, word: parseFlags(text, constants) };
  return string(text);
}

/** Whether each term is a number or an upper-case word, with at least one word. */
function isExpression(text: string): boolean {
  const terms = text.split("|").map((term) => term.trim());
  return (
    terms.some(looksLikeName) &&
    terms.every((term) => looksLikeName(term) || parseNumber(term) !== undefined)
  );
}

/** The most bytes that are copied into a stub for one argument. */
const ARGUMENT_LIMIT: Limit = { most: 1 << 26, of: "an argument" };

/** A file's content, without a terminating NUL. */
function file(path: string): InjectArgument {
  const bytes = readInput(path, ARGUMENT_LIMIT, `to pass the string itself, write str:@${path}`);
  return { text: `@${visible(path)}`, bytes };
}

/** A C string: its bytes and a terminating NUL. */
function string(text: string): InjectArgument {
  const content = unescaped(text);
  return { text: quote(content), bytes: Buffer.concat([content, Buffer.alloc(1)]) };
}

/** The bytes of a string with C's escapes, such as \n, \x41 and \101. */
function unescaped(text: string): Buffer {
  const parts = text.matchAll(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)|[^\\]+|\\$/gsu);
  const bytes = Array.from(parts, ([part, code]) => {
    return code === undefined ? Buffer.from(part) : Buffer.of(escapedByte(code));
  });
  return Buffer.concat(bytes);
}

function escapedByte(code: string): number {
  if (/^x./.test(code)) return parseInt(code.slice(1), 16);
  if (/^[0-7]/.test(code)) return parseInt(code, 8) & 0xff;
  const byte = ESCAPES[code];
  if (byte !== undefined) return byte;
  throw new InputError(`unknown escape \\${code} in a string`, {
    remedy: "use C's escapes, such as \\n \\t \\0 \\x41 \\101; write a backslash as \\\\",
  });
}
