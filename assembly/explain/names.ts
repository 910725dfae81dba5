// Names by numbers, from the constants of assembly/: the build writes them into the module, "NUMBER NAME" a line.

import { CALLS, ERRNOS, SIGNALS } from "../../build/names";
import { word } from "./text";

function nameIn(list: string, number: i64, otherwise: string): string {
  const lines = list.split("\n");
  for (let n = 0; n < lines.length; n++)
    if (I64.parseInt(lines[n]) == number) return word(lines[n], 1);
  return `${otherwise} ${number}`;
}

export function callName(number: i64): string {
  return nameIn(CALLS, number, "call");
}

/** @param signal 0: one that is not known */
export function signalName(signal: i32): string {
  return signal == 0 ? "a signal" : nameIn(SIGNALS, signal, "signal");
}

export function errnoName(errno: i32): string {
  return nameIn(ERRNOS, errno, "errno");
}
