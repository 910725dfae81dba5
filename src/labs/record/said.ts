import { createHash } from "node:crypto";
import { InputError } from "../../lib/errors.ts";
import { list, optional, record, type Shape, show, text, truth } from "../../lib/shape.ts";
import type { Question } from "./recording.ts";

/** A choice of a question. */
export interface Choice {
  readonly text: string;
  /** What is replied to it: why it is right, or why it is wrong. */
  readonly reply: string;
  readonly right?: boolean | undefined;
}

/** A question as an author writes it: one of its choices is right. */
export interface Asked {
  readonly text: string;
  /** What a reader does who goes straight to it: "Kill the parent". One question of a lesson has it. */
  readonly deed?: string | undefined;
  readonly choices: readonly Choice[];
}

/** What is said at a moment. */
export interface Saying {
  readonly text: string;
  /** What a kernel engineer would add. */
  readonly detail?: string | undefined;
  /** What is asked before the step that this is said of, which answers it. */
  readonly question?: Asked | undefined;
}

const choice = record<Choice>({ text, reply: text, right: optional(truth) });

const asked = record<Asked>({ text, deed: optional(text), choices: list(choice, 100) });

export const saying = record<Saying>({ text, detail: optional(text), question: optional(asked) });

/** The same, or only its text. */
export type Said = string | Saying;

export const said: Shape<Said> = (value, place) =>
  typeof value === "object" && value !== null ? saying(value, place) : text(value, place);

export function sayingOf(each: Said): Saying {
  return typeof each === "string" ? { text: each } : each;
}

/** A saying, or another; one that has no text, such as one that only asks a question, with the text of the other. */
export function withText(each: Said | undefined, other: Said): Saying {
  const saying = sayingOf(each ?? other);
  return saying.text === "" ? { ...saying, text: sayingOf(other).text } : saying;
}

/** With this part of the hash the right choices of all lessons are spread evenly: test/labs/record/lesson_questions.test.ts. */
const PART = 16;

/**
 * The question of a recording: the right choice is at a place that its text determines, the same in each recording.
 *
 * @throws InputError that names the place
 */
export function arrange(question: Asked): Omit<Question, "step"> {
  const { text, deed = "", choices } = asked(question, "question");
  const [right, second] = choices.filter((each) => each.right);
  if (right === undefined || second !== undefined) {
    throw new InputError("question.choices: expected one that is right");
  }
  const texts = choices.map((each) => each.text);
  const twice = texts.find((each, i) => texts.indexOf(each) < i);
  if (twice !== undefined) throw new InputError(`question.choices: ${show(twice)} appears twice`);
  const wrong = choices.filter((each) => !each.right);
  // The same for texts that differ in numbers: pids and addresses.
  const words = text.replaceAll(/0x[0-9a-f]+|\d+/g, "");
  const answer = createHash("sha256").update(words).digest().readUInt16LE(PART) % choices.length;
  const all = wrong.toSpliced(answer, 0, right);
  return {
    text,
    deed,
    choices: all.map((each) => each.text),
    answer,
    because: right.reply,
    replies: all.map(({ reply }) => reply),
  };
}
