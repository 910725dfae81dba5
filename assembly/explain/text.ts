// Texts: parts of the memory with bytes. Nothing is copied to compare or to parse.

/** Address in the low half, bytes in the high half. 0: none. */
export type Text = u64;

export const NONE: Text = 0;

const SPACE: u32 = 0x20;
export const TAB: u32 = 0x09;
export const LINE_FEED: u32 = 0x0a;

export function text(at: usize, length: u32): Text {
  return u64(at) | (u64(length) << 32);
}

export function startOf(it: Text): usize {
  return usize(<u32>it);
}

export function lengthOf(it: Text): u32 {
  return u32(it >> 32);
}

export function byteOf(it: Text, i: u32): u32 {
  return load<u8>(startOf(it) + i);
}

/** From a byte on, up to another. */
export function part(it: Text, from: u32, to: u32): Text {
  return text(startOf(it) + from, to - from);
}

export function beginsWith(it: Text, word: string): bool {
  const length = u32(word.length);
  if (lengthOf(it) < length) return false;
  for (let i: u32 = 0; i < length; i++) if (byteOf(it, i) != u32(word.charCodeAt(i))) return false;
  return true;
}

export function is(it: Text, word: string): bool {
  return lengthOf(it) == u32(word.length) && beginsWith(it, word);
}

export function same(one: Text, other: Text): bool {
  const length = lengthOf(one);
  return length == lengthOf(other) && memory.compare(startOf(one), startOf(other), length) == 0;
}

/** The place of a byte from a place on; the length of the text if it has none. */
function placeOf(it: Text, byte: u32, from: u32): u32 {
  const length = lengthOf(it);
  while (from < length && byteOf(it, from) != byte) from++;
  return from;
}

/** The number of words that spaces separate. */
export function countOf(it: Text): u32 {
  let count: u32 = 1;
  for (let i: u32 = 0; i < lengthOf(it); i++) count += u32(byteOf(it, i) == SPACE);
  return count;
}

/** A part by its number, as a byte separates them; NONE if there are fewer. */
export function nth(it: Text, separator: u32, n: u32): Text {
  let from: u32 = 0;
  for (; n > 0; n--) {
    from = placeOf(it, separator, from) + 1;
    if (from > lengthOf(it)) return NONE;
  }
  return part(it, from, placeOf(it, separator, from));
}

/** A word of a list that spaces separate. */
export function word(it: Text, n: u32): Text {
  return nth(it, SPACE, n);
}

/** Whether a list that `separator` separates has a word. */
export function has(list: Text, one: Text, separator: u32 = SPACE): bool {
  for (let from: u32 = 0; from <= lengthOf(list); ) {
    const to = placeOf(list, separator, from);
    if (same(part(list, from, to), one)) return true;
    from = to + 1;
  }
  return false;
}

function isBlank(byte: u32): bool {
  return byte == SPACE || byte == TAB || byte == LINE_FEED;
}

/** Without the blanks and line feeds around it. */
export function trimmed(it: Text): Text {
  let from: u32 = 0;
  let to = lengthOf(it);
  while (from < to && isBlank(byteOf(it, from))) from++;
  while (to > from && isBlank(byteOf(it, to - 1))) to--;
  return part(it, from, to);
}

/** The line that begins at a byte. */
export function lineFrom(it: Text, from: u32): Text {
  return part(it, from, placeOf(it, LINE_FEED, from));
}

/** The line that begins with a key and a colon, after that; NONE if no line does. Line feeds alone end lines. */
export function lineOf(it: Text, key: string): Text {
  const length = u32(key.length);
  for (let from: u32 = 0; from < lengthOf(it); ) {
    const line = lineFrom(it, from);
    const all = lengthOf(line);
    if (all > length && byteOf(line, length) == 0x3a && beginsWith(line, key))
      return trimmed(part(line, length + 1, all));
    from += all + 1;
  }
  return NONE;
}

function digitOf(byte: u32): u32 {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : 99;
}

/** The number that a text begins with. */
export function numberOf(it: Text, base: u32 = 10): u64 {
  let number: u64 = 0;
  for (let i: u32 = 0; i < lengthOf(it) && digitOf(byteOf(it, i)) < base; i++)
    number = number * base + digitOf(byteOf(it, i));
  return number;
}

/** Whether it is a number, and nothing else. */
export function isNumber(it: Text, base: u32 = 10): bool {
  for (let i: u32 = 0; i < lengthOf(it); i++) if (digitOf(byteOf(it, i)) >= base) return false;
  return lengthOf(it) > 0;
}

/** A number in hexadecimal, as "0x2a". */
export function hexOf(it: Text): u64 {
  return beginsWith(it, "0x") ? numberOf(part(it, 2, lengthOf(it)), 16) : 0;
}

/** What follows the last slash. */
export function baseName(path: Text): Text {
  let from = lengthOf(path);
  while (from > 0 && byteOf(path, from - 1) != 0x2f) from--;
  return part(path, from, lengthOf(path));
}

export function endsWith(it: Text, end: string): bool {
  const length = u32(end.length);
  const all = lengthOf(it);
  return all >= length && beginsWith(part(it, all - length, all), end);
}
