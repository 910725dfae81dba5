// The sentences of explanations, and the lesson that shows what each is about: texts.jsonl.

import { optional, parseJson, record, text } from "../../lib/shape.ts";
import LINES from "./texts.jsonl";

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

const shape = record({ id: text, text, next: optional(text), lesson: optional(text) });

const TEXTS = new Map(
  LINES.trimEnd()
    .split("\n")
    .map((line) => shape(parseJson(line), "texts.jsonl"))
    .map((each) => [each.id, each]),
);

/** The lessons that explanations name. */
export const LESSONS_NAMED: readonly string[] = [
  ...new Set([...TEXTS.values()].flatMap(({ lesson }) => lesson ?? [])),
];

/** A cause, with values in place of their {names}. */
export function cause(id: string, values: Record<string, string> = {}, by?: string): Cause {
  const found = TEXTS.get(id);
  if (found === undefined) throw new Error(`texts.jsonl has no ${id}`);
  const fill = (sentence: string) =>
    sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `{${name}}`);
  const { next, lesson = null } = found;
  return {
    ...{ id, text: fill(found.text), next: next === undefined ? null : fill(next) },
    ...{ lesson, by: by ?? null },
  };
}
