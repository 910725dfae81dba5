// Everything that is explained, a line of causes.jsonl for each: its sentences, and by what it is recognised.

import { optional, parseJson, record, type Shaped, text } from "../../lib/shape.ts";
import LINES from "./causes.jsonl";

/** Something that is so, by a stable id. */
export interface Cause {
  readonly id: string;
  readonly text: string;
  /** Of a stop: what happens after a resume. Of a refusal: the remedy. */
  readonly next: string | null;
  /** The lesson that shows it. */
  readonly lesson: string | null;
  /** What it is concluded from. */
  readonly by: string | null;
}

const words = optional(text);
const shape = record({
  ...{ id: text, text, next: optional(text), lesson: optional(text) },
  // Separated by spaces: the kernel's functions that call ptrace_stop or wait, from Linux 5.10 on; PTRACE_EVENT_*; and
  // programs, of the tracer or of the process.
  ...{ stops: words, waits: words, events: words, tracers: words, programs: words },
});

const CAUSES = LINES.trimEnd()
  .split("\n")
  .map((line) => shape(parseJson(line), "causes.jsonl"));

/** The lessons that causes name. */
export const LESSONS_NAMED = new Set(CAUSES.flatMap(({ lesson }) => lesson ?? []));

type Sign = Exclude<keyof Shaped<typeof shape>, "id" | "text" | "next" | "lesson">;

/** The first of some words by which a cause is recognised, and the id of that cause. */
export function recognise(sign: Sign, given: readonly string[]): { word?: string; id?: string } {
  for (const word of given) {
    const found = CAUSES.find((each) => each[sign]?.split(" ").includes(word));
    if (found !== undefined) return { word, id: found.id };
  }
  return {};
}

/** A cause, with values in place of their {names}. */
export function cause(id: string, values: Record<string, string> = {}, by?: string): Cause {
  const found = CAUSES.find((each) => each.id === id);
  if (found === undefined) throw new Error(`causes.jsonl has no ${id}`);
  const fill = (sentence: string) =>
    sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `{${name}}`);
  const next = found.next === undefined ? null : fill(found.next);
  return { id, text: fill(found.text), next, lesson: found.lesson ?? null, by: by ?? null };
}
