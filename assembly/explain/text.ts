// Texts of others, such as names of programs: strings with a byte in each unit, as it need not be UTF-8.

import { isDocument } from "./output";

/** The text of bytes in memory. */
export function textOf(at: usize, length: i32): string {
  const to = __new(length << 1, idof<string>());
  for (let i = 0; i < length; i++) store<u16>(to + (i << 1), load<u8>(at + i));
  return changetype<string>(to);
}

function isBlank(byte: u32): bool {
  return byte == 0x20 || byte == 0x09 || byte == 0x0a;
}

/** The same, without the blanks and line feeds around it; String#trim would take more from a name. */
export function trimmed(at: usize, length: i32): string {
  let to = at + length;
  while (at < to && isBlank(load<u8>(at))) at++;
  while (to > at && isBlank(load<u8>(to - 1))) to--;
  return textOf(at, i32(to - at));
}

/** A word of a list; "" if it has fewer. */
export function word(it: string, n: i32, separator: string = " "): string {
  const all = it.split(separator);
  return n < all.length ? all[n] : "";
}

export function hex(number: u64): string {
  return `0x${number.toString(16)}`;
}

function padded(unit: u32, digits: i32): string {
  return unit.toString(16).padStart(digits, "0");
}

/** As JSON escapes it: in units of UTF-16. */
function escaped(point: u32): string {
  if (point < 0x10000) return `\\u${padded(point, 4)}`;
  const rest = point - 0x10000;
  return escaped(0xd800 | (rest >> 10)) + escaped(0xdc00 | (rest & 0x3ff));
}

/** As src/lib/visible.ts escapes it. */
function visible(point: u32): string {
  if (point == 0x09) return "\\t";
  if (point == 0x0a) return "\\n";
  if (point == 0x0d) return "\\r";
  return point < 0x100 ? `\\x${padded(point, 2)}` : `\\u{${point.toString(16)}}`;
}

/**
 * A text of another as it is printed. It is escaped, so that it neither ends a line nor reaches the terminal: only printable
 * ASCII is left. It is read as UTF-8, in which each wrong byte counts as U+FFFD.
 */
export function foreign(it: string): string {
  let said = "";
  for (let i = 0; i < it.length; ) {
    const first = u32(it.charCodeAt(i));
    if (first >= 0x20 && first < 0x7f) {
      if (isDocument && (first == 0x22 || first == 0x5c)) said += "\\";
      said += it.charAt(i++);
      continue;
    }
    const point = pointAt(it, i);
    i += point == REPLACEMENT || point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    said += isDocument ? escaped(point) : visible(point);
  }
  return said;
}

const REPLACEMENT: u32 = 0xfffd;

/** The code point that begins at a byte; U+FFFD, of which that byte alone is taken, if none does. */
function pointAt(it: string, i: i32): u32 {
  const first = u32(it.charCodeAt(i));
  if (first < 0x80) return first;
  const more = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  let point = first & (0x3f >> more);
  for (let n = 1; n <= more; n++) {
    const next = i + n < it.length ? u32(it.charCodeAt(i + n)) : 0;
    if ((next & 0xc0) != 0x80) return REPLACEMENT;
    point = (point << 6) | (next & 0x3f);
  }
  const isShort = point < (more == 2 ? 0x800 : more == 3 ? 0x10000 : 0x80);
  return isShort || more == 0 || point >> 11 == 0x1b || point > 0x10ffff ? REPLACEMENT : point;
}
