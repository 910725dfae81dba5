import { createHash } from "node:crypto";
import type { NewQuestion } from "./recording.ts";

/** A question as an author writes it: each choice with what is replied to it. */
export interface AuthoredQuestion {
  readonly text: string;
  readonly right: readonly [choice: string, because: string];
  readonly wrong: readonly (readonly [choice: string, whyNot: string])[];
}

/** The question of a recording: the right choice is at a place that its text determines, the same in each recording. */
export function arrange({ text, right, wrong }: AuthoredQuestion): NewQuestion {
  const answer = placeOf(text, wrong.length + 1);
  const all = wrong.toSpliced(answer, 0, right);
  const [choices, replies] = [0, 1].map((i) => all.map((each) => each[i] ?? ""));
  return { text, choices: choices ?? [], answer, because: right[1], replies };
}

/** With this part of the hash the right choices of all lessons are spread evenly: test/lesson_questions.test.ts. */
const PART = 16;

/** One of `count` places, the same for texts that differ in numbers: pids and addresses. */
function placeOf(text: string, count: number): number {
  const words = text.replaceAll(/0x[0-9a-f]+|\d+/g, "");
  return createHash("sha256").update(words).digest().readUInt16LE(PART) % count;
}
