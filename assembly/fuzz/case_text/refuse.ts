// Why a document is refused: the place, and what is wrong there. All return false.

import { ARCH, ARCHES, MEMBERS, WAYS } from "../../../build/case_names";
import * as json from "./json";
import { is, memberValue, nextAfter } from "./json";
import { putName, putNames } from "./names";
import * as output from "./output";
import { put } from "./output";

/** How much of a value is shown. */
const SHOWN: u32 = 60;

/** The document that places are in. */
let document: usize = 0;

export function placesIn(root: usize): void {
  document = root;
}

/** Begins a message with the place of a value, such as "before[0].registers.rax". */
function beginAt(value: usize): void {
  output.beginText();
  for (let at = document; at != value; ) {
    const isObject = is(at, json.OPEN);
    let item = json.firstIn(at);
    let index: u32 = 0;
    for (; value >= json.valueEnd(isObject ? memberValue(item) : item); index++) {
      item = nextAfter(isObject ? memberValue(item) : item);
    }
    if (isObject) {
      if (at != document) put(".");
      putString(item);
    } else {
      put("[");
      output.putNumber(index);
      put("]");
    }
    at = isObject ? memberValue(item) : item;
  }
}

export function because(value: usize, why: string): bool {
  beginAt(value);
  if (value == document) put("the document");
  put(": ");
  put(why);
  return false;
}

export function expected(value: usize, what: string): bool {
  because(value, "expected ");
  put(what);
  return got(value);
}

function got(value: usize): bool {
  put(", got ");
  show(value);
  return false;
}

/** An object lacks a member. */
export function missing(object: usize, member: i32, what: string): bool {
  beginAt(object);
  if (object != document) put(".");
  putName(MEMBERS, member);
  put(": expected ");
  put(what);
  put(", got nothing");
  return false;
}

export function noneOf(value: usize, list: usize, first: i32, last: i32): bool {
  because(value, "expected one of ");
  putNames(list, first, last);
  return got(value);
}

export function tooMany(value: usize, most: u32): bool {
  because(value, "expected at most ");
  output.putNumber(most);
  put(", got ");
  output.putNumber(json.countIn(value));
  return false;
}

/** The case is for another architecture, perhaps by omission. */
export function arch(named: i32): bool {
  output.beginText();
  put("arch: ");
  put("the case is for ");
  putName(ARCHES, named);
  put(", and this machine is ");
  putName(ARCHES, ARCH);
  return false;
}

/** What setups of a way do not have. */
export function way(value: usize, way: u32): bool {
  because(value, "");
  putName(WAYS, way);
  put(" takes none");
  return false;
}

export function script(value: usize, way: u32): bool {
  because(value, "a case by ");
  putName(WAYS, way);
  put(" has one step only");
  return false;
}

export function kind(value: usize, way: u32): bool {
  because(value, "");
  putName(WAYS, way);
  put(' is from "signal", on "CONT", without a signal');
  return false;
}

/** Shows an unknown name, and in a line of its own those that are known. */
export function unknown(
  place: usize,
  what: string,
  name: usize,
  plural: string,
  list: usize,
  first: i32,
  last: i32,
): bool {
  // A case has no place.
  if (place == document) {
    output.beginText();
    put(what);
  } else because(place, what);
  put(" ");
  show(name);
  if (first == last) return false;
  put("\n");
  put(plural);
  put(": ");
  putNames(list, first, last);
  return false;
}

/** Shows a value in printable ASCII, shortened. */
function show(value: usize): void {
  const start = output.textLength();
  if (is(value, json.OPEN)) put("an object");
  else if (is(value, json.OPEN_LIST)) {
    put("an array of ");
    output.putNumber(json.countIn(value));
  } else if (is(value, json.QUOTE)) {
    put('"');
    putString(value);
    put('"');
  } else {
    const last = min(json.valueEnd(value), value + SHOWN + 1);
    for (; value < last; value++) output.putByte(load<u8>(value));
  }
  output.cutText(start, SHOWN);
}

/** Writes the content of a string, and no more of it than is shown. */
function putString(value: usize): void {
  const end = output.textLength() + SHOWN;
  for (value++; !is(value, json.QUOTE) && output.textLength() <= end; value = json.unitEnd) {
    const code = json.unitAt(value);
    if (code > 0xffff) {
      putUnit(0xd7c0 + (code >> 10));
      putUnit(0xdc00 + (code & 0x3ff));
    } else if (code < 0x20 || code > 0x7e) putUnit(code);
    else {
      if (code == 0x22 || code == 0x5c) put("\\");
      output.putByte(code);
    }
  }
}

function putUnit(unit: u32): void {
  put("\\u");
  output.putDigits(unit, 4);
}
