// Everything that is explained, a line of causes.jsonl for each, which the build writes into the module: its sentences, and
// by what it is recognised.

import { CAUSES } from "../../build/causes";

/** A cause by its id, and what it is concluded from: "" if that is nothing of its own. */
export class Found {
  constructor(
    public id: string,
    public by: string = "",
  ) {}
}

// Parts of a line, in this order. Words of the latter are separated by spaces: the kernel's functions that call ptrace_stop
// or wait, from Linux 5.10 on; PTRACE_EVENT_*; and programs, of the tracer or of the process.
const ID: i32 = 0;
export const TEXT: i32 = 1;
/** Of a stop: what happens after a resume. Of a refusal: the remedy. */
export const NEXT: i32 = 2;
/** The lesson that shows it. */
export const LESSON: i32 = 3;
export const STOPS: i32 = 4;
export const WAITS: i32 = 5;
export const EVENTS: i32 = 6;
export const TRACERS: i32 = 7;
export const PROGRAMS: i32 = 8;

const LINES = CAUSES.split("\n").map<string[]>((line) => line.split("\t"));

export function partOf(id: string, part: i32): string {
  for (let n = 0; n < LINES.length; n++) if (LINES[n][ID] == id) return LINES[n][part];
  return unreachable();
}

/** The first cause that has a word in a part; "" if none has. */
export function recognise(part: i32, word: string): string {
  for (let n = 0; n < LINES.length && word != ""; n++)
    if (LINES[n][part].split(" ").includes(word)) return LINES[n][ID];
  return "";
}

/** What stands in the place of a {NAME} in sentences. */
export type Values = Map<string, string>;

/** A sentence of a cause: its text, or what is next. */
export function sentence(id: string, part: i32, values: Values): string {
  const pieces = partOf(id, part).split("{");
  for (let n = 1; n < pieces.length; n++) {
    const end = pieces[n].indexOf("}");
    pieces[n] = values.get(pieces[n].slice(0, end)) + pieces[n].slice(end + 1);
  }
  return pieces.join("");
}
