// The grammar of JSON (RFC 8259) over bytes, and a cursor over a text that has it. Nothing is copied.

import { beginText, put, putByte, putNumber, unitOf } from "./output";

export const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
export const OPEN: u32 = 0x7b;
const CLOSE: u32 = 0x7d;
export const OPEN_LIST: u32 = 0x5b;
const CLOSE_LIST: u32 = 0x5d;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const MINUS: u32 = 0x2d;
export const TRUE: u32 = 0x74;
export const FALSE: u32 = 0x66;
export const NULL: u32 = 0x6e;
/** In place of a byte: the text has ended. */
const NOTHING: u32 = 256;

/** Deeper values than a case has, and few enough for the stack. */
const MOST_LEVELS: u32 = 8;

/** What may follow a document, besides space. */
export const FOLLOWS_NOTHING: u32 = 0;
export const FOLLOWS_DOCUMENT: u32 = 1;
export const FOLLOWS_ANYTHING: u32 = 2;

/** The text, and the place in it. */
let from: usize = 0;
let end: usize = 0;
let at: usize = 0;
/** Where the last document ends, with the space after it. */
export let caseEnd: usize = 0;

/**
 * Checks that a document is JSON, in UTF-8, with or without a byte order mark. Returns its address; 0 if it is not, and
 * writes why.
 */
export function checkDocument(begin: usize, limit: usize, follows: u32): usize {
  from = begin;
  end = limit;
  at = begin;
  if (end - at >= 3 && load<u16>(at) == 0xbbef && load<u8>(at, 2) == 0xbf) at += 3;
  skipSpace();
  const document = at;
  if (!checkValue(0)) return 0;
  skipSpace();
  caseEnd = at;
  const next = peek();
  if (next == NOTHING || follows == FOLLOWS_ANYTHING) return document;
  if (next == OPEN && follows == FOLLOWS_DOCUMENT) return document;
  expect("the end");
  return 0;
}

function peek(): u32 {
  return at < end ? load<u8>(at) : NOTHING;
}

function isSpace(byte: u32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d && byte != 0x0b && byte != 0x0c);
}

function skipSpace(): void {
  while (isSpace(peek())) at++;
}

function take(byte: u32): bool {
  skipSpace();
  if (peek() != byte) return false;
  at++;
  return true;
}

/** Says what is missing at this place, and what is there: one character at most, as the text may be a secret. */
function expect(what: string): bool {
  let line = 1;
  let column = 1;
  for (let each = from; each < at; each++) {
    const byte = load<u8>(each);
    // The other bytes of a character do not count.
    if ((byte & 0xc0) != 0x80) column++;
    if (byte != 0x0a) continue;
    line++;
    column = 1;
  }
  beginText();
  put("the document is not JSON: line ");
  putNumber(line);
  put(", column ");
  putNumber(column);
  put(": expected ");
  put(what);
  const byte = peek();
  if (byte == NOTHING) put(", got nothing");
  else if (byte < 0x20 || byte > 0x7e) {
    put(", got byte ");
    putNumber(byte);
  } else {
    put(", got '");
    putByte(byte);
    put("'");
  }
  return false;
}

function checkValue(level: u32): bool {
  skipSpace();
  const byte = peek();
  if (byte == QUOTE) return checkString();
  if (byte == MINUS || isDigit(byte)) return checkNumber();
  if (byte == TRUE) return checkWord("true");
  if (byte == FALSE) return checkWord("false");
  if (byte == NULL) return checkWord("null");
  if (byte != OPEN && byte != OPEN_LIST) return expect("a value");
  if (level == MOST_LEVELS) return expect("at most 8 levels");
  at++;
  return byte == OPEN ? checkMembers(level) : checkItems(level);
}

function checkMembers(level: u32): bool {
  if (take(CLOSE)) return true;
  do {
    skipSpace();
    if (peek() != QUOTE) return expect("a name in quotes");
    if (!checkString()) return false;
    if (!take(COLON)) return expect("a colon");
    if (!checkValue(level + 1)) return false;
  } while (take(COMMA));
  return take(CLOSE) || expect("a comma or }");
}

function checkItems(level: u32): bool {
  if (take(CLOSE_LIST)) return true;
  do {
    if (!checkValue(level + 1)) return false;
  } while (take(COMMA));
  return take(CLOSE_LIST) || expect("a comma or ]");
}

function checkWord(word: string): bool {
  const count = u32(word.length);
  for (let n: u32 = 0; n < count; n++, at++) {
    if (peek() != unitOf(word, n)) return expect(word);
  }
  return true;
}

function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

function checkDigits(): bool {
  if (!isDigit(peek())) return expect("a digit");
  while (isDigit(peek())) at++;
  return true;
}

function checkNumber(): bool {
  if (peek() == MINUS) at++;
  if (peek() == 0x30) at++;
  else if (!checkDigits()) return false;
  if (peek() == 0x2e) {
    at++;
    if (!checkDigits()) return false;
  }
  if ((peek() | 0x20) != 0x65) return true;
  at++;
  if (peek() == MINUS || peek() == 0x2b) at++;
  return checkDigits();
}

function checkString(): bool {
  for (at++; peek() != QUOTE; ) {
    const byte = peek();
    if (byte == NOTHING || byte < 0x20) return expect("the end of a string");
    if (byte == BACKSLASH) {
      at++;
      if (!checkEscape()) return expect("an escape");
    } else if (decode(at, end) == NO_CHARACTER) return expect("UTF-8");
    else at = unitEnd;
  }
  at++;
  return true;
}

function checkEscape(): bool {
  const byte = peek();
  if (byte != 0x75) {
    if (simpleEscape(byte) == NOTHING) return false;
    at++;
    return true;
  }
  at++;
  for (let n = 0; n < 4; n++, at++) if (hexDigit(peek()) > 15) return false;
  return true;
}

/** Letters after a backslash, and what they stand for. */
const ESCAPES = memory.data<u8>([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);
const ESCAPED = memory.data<u8>([0x22, 0x5c, 0x2f, 0x08, 0x0c, 0x0a, 0x0d, 0x09]);

function simpleEscape(byte: u32): u32 {
  for (let n = 0; n < 8; n++) if (load<u8>(ESCAPES + n) == byte) return load<u8>(ESCAPED + n);
  return NOTHING;
}

/** The value of a digit; more than 15 for anything else. Names have it in lower case. */
export function hexDigit(byte: u32): u32 {
  if (isDigit(byte)) return byte - 0x30;
  const digit = (byte | 0x20) - 0x61;
  return digit < 6 ? 10 + digit : NOTHING;
}

const NO_CHARACTER: u32 = 0xffff_ffff;
/** Where the last character ends that was decoded. */
export let unitEnd: usize = 0;

/** The character that begins at an address, in UTF-8. */
function decode(address: usize, limit: usize): u32 {
  const lead = u32(load<u8>(address));
  unitEnd = address + 1;
  if (lead < 0x80) return lead;
  const more: u32 = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  if (more == 0 || limit - address <= more) return NO_CHARACTER;
  let code = lead & (0x3f >> more);
  for (let n: u32 = 0; n < more; n++) {
    const byte = u32(load<u8>(unitEnd++));
    if ((byte & 0xc0) != 0x80) return NO_CHARACTER;
    code = (code << 6) | (byte & 0x3f);
  }
  const isLong = code >= (more == 3 ? 0x1_0000 : more == 2 ? 0x800 : 0x80);
  return isLong && code < 0x11_0000 && code - 0xd800 >= 0x800 ? code : NO_CHARACTER;
}

// The cursor: addresses in a text that was checked.

/** Whether a value begins with a byte: what it is. */
export function is(value: usize, byte: u32): bool {
  return load<u8>(value) == byte;
}

/** The character or the escaped unit at an address in a string. */
export function unitAt(address: usize): u32 {
  if (load<u8>(address) != BACKSLASH) return decode(address, end);
  unitEnd = address + 2;
  const byte = u32(load<u8>(address, 1));
  if (byte != 0x75) return simpleEscape(byte);
  let unit: u32 = 0;
  for (unitEnd = address + 2; unitEnd < address + 6; unitEnd++) {
    unit = (unit << 4) | hexDigit(load<u8>(unitEnd));
  }
  return unit;
}

/** Whether a value is a string with the bytes of a name, which is ASCII. */
export function isString(value: usize, name: usize, length: u32): bool {
  if (load<u8>(value) != QUOTE) return false;
  value++;
  for (const end = name + length; name < end; name++, value = unitEnd) {
    if (load<u8>(value) == QUOTE || unitAt(value) != load<u8>(name)) return false;
  }
  return load<u8>(value) == QUOTE;
}

function spaceEnd(address: usize): usize {
  while (address < end && isSpace(load<u8>(address))) address++;
  return address;
}

function stringEnd(address: usize): usize {
  for (address++; load<u8>(address) != QUOTE; address++) {
    if (load<u8>(address) == BACKSLASH) address++;
  }
  return address + 1;
}

export function valueEnd(value: usize): usize {
  let level = 0;
  for (; value < end; value++) {
    const byte = u32(load<u8>(value));
    if (byte == QUOTE) {
      value = stringEnd(value) - 1;
      if (level == 0) return value + 1;
    } else if (byte == OPEN || byte == OPEN_LIST) level++;
    else if (level == 0 && (byte == COMMA || isSpace(byte))) return value;
    else if (byte == CLOSE || byte == CLOSE_LIST) {
      if (level == 0) return value;
      if (--level == 0) return value + 1;
    }
  }
  return value;
}

/** The first item of a list, or the first name of an object; 0 if it is empty. */
export function firstIn(value: usize): usize {
  const first = spaceEnd(value + 1);
  const byte = u32(load<u8>(first));
  return byte == CLOSE || byte == CLOSE_LIST ? 0 : first;
}

/** The item, or the name, after a value; 0 after the last. */
export function nextAfter(value: usize): usize {
  const next = spaceEnd(valueEnd(value));
  return load<u8>(next) == COMMA ? spaceEnd(next + 1) : 0;
}

/** The value of the member whose name is at an address. */
export function memberValue(name: usize): usize {
  return spaceEnd(spaceEnd(stringEnd(name)) + 1);
}

/** The number of items in a list. */
export function countIn(list: usize): u32 {
  let count: u32 = 0;
  for (let item = firstIn(list); item != 0; item = nextAfter(item)) count++;
  return count;
}
