/* Where steps are in the code. */

import type { Step } from "../../labs/check/schedule.ts";
import LINES from "./code.jsonl";

interface Place {
  /** A pattern of actor and text; "traced" follows them if the actor's last call is about a tracee. */
  readonly step: string;
  readonly file: string;
  readonly function: string;
  readonly line: string;
}

export const CODE: readonly Place[] = LINES.trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

/** The place of a step; undefined if it is none of a program. */
export function codeOf({ actor, text, last, before }: Step): Place | undefined {
  const traced = before[last?.target ?? -1]?.tracer === undefined ? "" : " traced";
  return CODE.find(({ step }) => new RegExp(step).test(`${actor} ${text}${traced}`));
}
