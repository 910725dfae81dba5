import { createHash } from "node:crypto";
import { InputError } from "../../lib/errors.ts";
import { count, expectMembers, list, optional, show, table, text } from "../../lib/shape.ts";
import type { NewQuestion } from "./recording.ts";

const texts = list(text, 100);
const AUTHORED = { text, right: table(text, 1), wrong: table(text, 99) };
const QUESTION = {
  text,
  choices: texts,
  answer: count(99),
  because: text,
  replies: optional(texts),
};

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

/** With this part of the hash the right choices of all lessons are spread evenly: test/labs/record/lesson_questions.test.ts. */
const PART = 16;

/** One of `count` places, the same for texts that differ in numbers: pids and addresses. */
function placeOf(text: string, count: number): number {
  const words = text.replaceAll(/0x[0-9a-f]+|\d+/g, "");
  return createHash("sha256").update(words).digest().readUInt16LE(PART) % count;
}

/** A question in either form, as the recording has it. @throws InputError */
export function expectQuestion(question: AuthoredQuestion | NewQuestion): NewQuestion {
  const asked = typeof question === "object" && "right" in question ? authored(question) : question;
  expectMembers(asked, "question", QUESTION, ["text", "choices", "answer", "because"]);
  const { choices, answer } = asked;
  if (choices.length === 0) throw new InputError("question.choices: expected at least one");
  const twice = choices.find((choice, i) => choices.indexOf(choice) < i);
  if (twice !== undefined) throw new InputError(`question.choices: ${show(twice)} appears twice`);
  count(choices.length - 1)(answer, "question.answer");
  return asked;
}

function authored(question: AuthoredQuestion): NewQuestion {
  expectMembers(question, "question", AUTHORED, ["text", "right", "wrong"]);
  if (Object.keys(question.right).length === 1) return arrange(question);
  throw new InputError("question.right: expected one choice");
}
