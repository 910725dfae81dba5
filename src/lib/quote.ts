import { visible } from "./visible.ts";

/** C's escapes of one letter, and their bytes. */
export const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
  "\\": 92,
  '"': 34,
  "'": 39,
  "?": 63,
};

/** Bytes as a C string in the style of strace, which cuts all but names after 32. */
export function quote(bytes: Uint8Array, most = 32): string {
  const shown = [...bytes.subarray(0, most)].map((byte, i) => escapeByte(byte, bytes[i + 1]));
  return `"${shown.join("")}"${bytes.length > most ? "..." : ""}`;
}

function escapeByte(byte: number, next: number | undefined): string {
  const name = Object.keys(ESCAPES).find((key) => ESCAPES[key] === byte && !"'?".includes(key));
  if (name !== undefined) return `\\${name}`;
  if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
  const octal = byte.toString(8);
  // A following digit would be read as part of a short escape.
  return next !== undefined && next >= 48 && next <= 55
    ? `\\${octal.padStart(3, "0")}`
    : `\\${octal}`;
}

/** A word quoted for a shell, with invisible characters escaped ($'…', as in Bash, ksh and zsh). */
export function quoteWord(word: string): string {
  if (/^[\w./-]+$/.test(word)) return word;
  if (visible(word) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  const shown = [...new TextEncoder().encode(word)].map((byte) =>
    byte >= 32 && byte < 127 && !"'\\".includes(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `$'${shown.join("")}'`;
}
