// Names by numbers, from the constants of assembly/: the build writes them into the module, "NUMBER NAME" a line.

import {
  CALLS,
  CALLS_LENGTH,
  ERRNOS,
  ERRNOS_LENGTH,
  SIGNALS,
  SIGNALS_LENGTH,
} from "../../build/names";
import { say, sayNumber, sayText } from "./output";
import { lengthOf, lineFrom, NONE, numberOf, Text, text, word } from "./text";

function nameIn(list: Text, number: u64): Text {
  for (let from: u32 = 0; from < lengthOf(list); ) {
    const line = lineFrom(list, from);
    if (numberOf(line) == number) return word(line, 1);
    from += lengthOf(line) + 1;
  }
  return NONE;
}

/** The name of a system call; NONE if it has none. */
export function callName(number: i64): Text {
  return nameIn(text(CALLS, CALLS_LENGTH), number);
}

function sayName(name: Text, kind: string, number: u64): void {
  if (name != NONE) sayText(name);
  else {
    say(kind);
    sayNumber(number);
  }
}

export function sayCallName(number: i64): void {
  sayName(callName(number), "call ", number);
}

/** @param signal 0: one that is not known */
export function saySignal(signal: i32): void {
  if (signal == 0) say("a signal");
  else sayName(nameIn(text(SIGNALS, SIGNALS_LENGTH), signal), "signal ", signal);
}

export function sayErrno(errno: i32): void {
  sayName(nameIn(text(ERRNOS, ERRNOS_LENGTH), errno), "errno ", errno);
}
