/* Where steps are in the code. */

import { TASKS } from "../../labs/check/birth.ts";
import type { Step } from "../../labs/check/schedule.ts";
import LINES from "./code.jsonl";

interface Place {
  /** A pattern of actor and text, and of what the host did last with the process that the actor's call is about. */
  readonly step: string;
  readonly file: string;
  readonly function: string;
  readonly line: string;
}

export const CODE: readonly Place[] = LINES.trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

/** Deeds of the host that say in which function it waits for a process, and resumes it. */
const DEED = /^(?:(kill)\(|ptrace\(PTRACE_(ATTACH|SETSIGMASK), )(\w+)/;

/** The place of a step of a schedule; undefined if it is none of a program. */
export function codeOf(steps: readonly Step[], index: number): Place | undefined {
  const { actor, text, last } = steps[index] ?? {};
  const target = TASKS[last?.target ?? -1];
  const deeds = steps.slice(0, index).flatMap((step) => {
    const [, kill, request, whom] = (step.actor === "host" && DEED.exec(step.text)) || [];
    return whom === target ? [kill ?? request] : [];
  });
  const key = `${actor} ${text} after ${deeds.at(-1) ?? "nothing"}`;
  return CODE.find(({ step }) => new RegExp(step).test(key));
}
