import { createHash } from "node:crypto";
import type { NewQuestion } from "./recording.ts";

/** A question as an author writes it: each choice with what is replied to it. */
export interface AuthoredQuestion {
  readonly text: string;
  /** The right choice, and why it is right. */
  readonly right: Readonly<Record<string, string>>;
  /** The others, and why they are wrong. */
  readonly wrong: Readonly<Record<string, string>>;
}

/** The question of a recording: the right choice is at a place that its text determines, the same in each recording. */
export function arrange({ text, right, wrong }: AuthoredQuestion): NewQuestion {
  const [because = ""] = Object.values(right);
  const answer = placeOf(text, Object.keys(wrong).length + 1);
  const all = Object.entries(wrong).toSpliced(answer, 0, ...Object.entries(right));
  const choices = all.map(([choice]) => choice);
  return { text, choices, answer, because, replies: all.map(([, reply]) => reply) };
}

/** With this part of the hash the right choices of all lessons are spread evenly: test/lesson_questions.test.ts. */
const PART = 16;

/** One of `count` places, the same for texts that differ in numbers: pids and addresses. */
function placeOf(text: string, count: number): number {
  const words = text.replaceAll(/0x[0-9a-f]+|\d+/g, "");
  return createHash("sha256").update(words).digest().readUInt16LE(PART) % count;
}
