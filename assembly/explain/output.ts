// What the host prints: lines, or a document in the format of JSON.stringify with two spaces. Names of others are escaped in
// both, so that they neither end a line nor reach the terminal: only printable ASCII is left of them.

import { byteOf, lengthOf, Text, text } from "./text";

/** Of a process with 100,000 threads the document has 7 MB. */
const MOST: u32 = 16 << 20;
const START: usize = memory.data(MOST);

let length: u32 = 0;
export let isDocument: bool = false;
/** Of the document: how deep it is nested, and whether a value precedes in the same list. */
let depth: u32 = 0;
let follows: bool = false;

export function beginOutput(document: bool): void {
  length = 0;
  isDocument = document;
  depth = 0;
  follows = false;
}

export function output(): Text {
  return text(START, length);
}

function put(byte: u32): void {
  if (length >= MOST) unreachable();
  store<u8>(START + length++, byte);
}

/** Says a text of this module. */
export function say(it: string): void {
  for (let i = 0; i < it.length; i++) {
    const unit = u32(it.charCodeAt(i));
    if (unit < 0x80) {
      put(unit);
      continue;
    }
    // UTF-8 of three bytes.
    put(0xe0 | (unit >> 12));
    put(0x80 | ((unit >> 6) & 0x3f));
    put(0x80 | (unit & 0x3f));
  }
}

export function sayText(it: Text): void {
  for (let i: u32 = 0; i < lengthOf(it); i++) put(byteOf(it, i));
}

export function sayNumber(number: u64, base: u64 = 10): void {
  if (number >= base) sayNumber(number / base, base);
  const digit = u32(number % base);
  put(digit < 10 ? 0x30 + digit : 0x61 + digit - 10);
}

export function sayHex(number: u64): void {
  say("0x");
  sayNumber(number, 16);
}

function sayUnit(unit: u32, digits: u32): void {
  for (let shift = (digits - 1) * 4; ; shift -= 4) {
    sayNumber((unit >> shift) & 0xf, 16);
    if (shift == 0) return;
  }
}

/** As JSON escapes it: in units of UTF-16. */
function sayEscaped(point: u32): void {
  if (point >= 0x10000) {
    sayEscaped(0xd800 | ((point - 0x10000) >> 10));
    sayEscaped(0xdc00 | ((point - 0x10000) & 0x3ff));
    return;
  }
  say("\\u");
  sayUnit(point, 4);
}

/** As src/lib/visible.ts escapes it. */
function sayVisible(point: u32): void {
  if (point == 0x09) say("\\t");
  else if (point == 0x0a) say("\\n");
  else if (point == 0x0d) say("\\r");
  else if (point < 0x100) {
    say("\\x");
    sayUnit(point, 2);
  } else {
    say("\\u{");
    sayNumber(point, 16);
    put(0x7d);
  }
}

const REPLACEMENT: u32 = 0xfffd;

/** Says a text of another: UTF-8, in which each wrong byte counts as U+FFFD. */
export function sayForeign(it: Text): void {
  for (let i: u32 = 0; i < lengthOf(it); ) {
    const first = byteOf(it, i++);
    if (first >= 0x20 && first < 0x7f) {
      if (isDocument && (first == 0x22 || first == 0x5c)) put(0x5c);
      put(first);
      continue;
    }
    const more: u32 = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = more == 0 ? first : first & (0x3f >> more);
    let taken: u32 = 0;
    while (taken < more && i + taken < lengthOf(it) && (byteOf(it, i + taken) & 0xc0) == 0x80)
      point = (point << 6) | (byteOf(it, i + taken++) & 0x3f);
    const isShort = more == 2 ? point < 0x800 : more == 3 && point < 0x10000;
    const isSurrogate = point >> 11 == 0x1b;
    if (taken < more || isShort || isSurrogate || point > 0x10ffff || (more == 0 && first >= 0x80))
      point = REPLACEMENT;
    else i += taken;
    if (isDocument) sayEscaped(point);
    else sayVisible(point);
  }
}

// ---- lines ----

/** Begins a line with the name of its row. */
export function beginRow(name: string): void {
  say(name);
  for (let i = name.length; i < 13; i++) put(0x20);
}

export function endRow(): void {
  put(0x0a);
}

// ---- documents ----

function beginValue(): void {
  if (follows) put(0x2c);
  if (depth > 0) put(0x0a);
  for (let i: u32 = 0; i < depth; i++) say("  ");
  follows = true;
}

/** Begins a member, or with "" an element of a list. */
export function member(name: string): void {
  beginValue();
  if (name.length == 0) return;
  quote();
  say(name);
  say('": ');
}

export function quote(): void {
  put(0x22);
}

export function open(bracket: string): void {
  say(bracket);
  depth++;
  follows = false;
}

export function close(bracket: string): void {
  depth--;
  if (follows) {
    put(0x0a);
    for (let i: u32 = 0; i < depth; i++) say("  ");
  }
  say(bracket);
  follows = true;
}

export function numberMember(name: string, number: i64): void {
  member(name);
  if (number < 0) put(0x2d);
  sayNumber(number < 0 ? -number : number);
}

/** A text of another. */
export function foreignMember(name: string, it: Text): void {
  member(name);
  quote();
  sayForeign(it);
  quote();
}

export function nullMember(name: string): void {
  member(name);
  say("null");
}
