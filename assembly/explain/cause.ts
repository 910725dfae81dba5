// Everything that is explained, a line of causes.jsonl for each, which the build writes into the module: its sentences, and
// by what it is recognised.

import { CAUSES, CAUSES_LENGTH } from "../../build/causes";
import { has, is, lengthOf, lineFrom, nth, TAB, Text, text } from "./text";

/** A line. */
export type Cause = Text;

// Its parts, in this order. Words of the latter are separated by spaces: the kernel's functions that call ptrace_stop or
// wait, from Linux 5.10 on; PTRACE_EVENT_*; and programs, of the tracer or of the process.
export const ID: u32 = 0;
export const SENTENCE: u32 = 1;
/** Of a stop: what happens after a resume. Of a refusal: the remedy. */
export const NEXT: u32 = 2;
/** The lesson that shows it. */
export const LESSON: u32 = 3;
export const STOPS: u32 = 4;
export const WAITS: u32 = 5;
export const EVENTS: u32 = 6;
export const TRACERS: u32 = 7;
export const PROGRAMS: u32 = 8;

export function fieldOf(cause: Cause, field: u32): Text {
  return nth(cause, TAB, field);
}

/** The first cause that has a word in a field; 0 if none has. */
export function recognise(field: u32, word: Text): Cause {
  if (lengthOf(word) == 0) return 0;
  for (let from: u32 = 0; from < CAUSES_LENGTH; ) {
    const line = lineFrom(text(CAUSES, CAUSES_LENGTH), from);
    if (has(fieldOf(line, field), word)) return line;
    from += lengthOf(line) + 1;
  }
  return 0;
}

/** The cause of an id. */
export function cause(id: string): Cause {
  let line = lineFrom(text(CAUSES, CAUSES_LENGTH), 0);
  for (let from: u32 = 0; !isCause(line, id); ) {
    from += lengthOf(line) + 1;
    if (from >= CAUSES_LENGTH) unreachable();
    line = lineFrom(text(CAUSES, CAUSES_LENGTH), from);
  }
  return line;
}

export function isCause(cause: Cause, id: string): bool {
  return is(fieldOf(cause, ID), id);
}
