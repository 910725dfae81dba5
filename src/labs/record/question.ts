import { InputError } from "../../lib/errors.ts";
import { count, expectMembers, list, optional, show, table, text } from "../../lib/shape.ts";
import type { NewQuestion } from "./recording.ts";
import { type Asked, arrange } from "./said.ts";

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

/** A question in either form, as the recording has it. @throws InputError */
export function expectQuestion(question: Asked | AuthoredQuestion | NewQuestion): NewQuestion {
  const isAsked = typeof question === "object" && !("right" in question) && !("answer" in question);
  if (isAsked) return arrange(question);
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
  if (Object.keys(question.right).length === 1) {
    const of = (replies: Readonly<Record<string, string>>, right: boolean) =>
      Object.entries(replies).map(([text, reply]) => ({ text, reply, right }));
    return arrange({
      text: question.text,
      choices: [...of(question.right, true), ...of(question.wrong, false)],
    });
  }
  throw new InputError("question.right: expected one choice");
}
