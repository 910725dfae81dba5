import type { Question } from "../../../recording.ts";
import { element, told } from "./elements.ts";
import type { Story } from "./story.ts";

/** What was answered: the index of a choice, or null where the reader wanted to be shown. */
type Answer = number | null;

/** The questions that a reader was asked, and what he answered, as long as the page lives. */
export class Quiz {
  readonly #questions: Story["questions"];
  readonly #answers = new Map<Question, Answer>();

  constructor({ questions }: Story) {
    this.#questions = questions;
  }

  /** The first question before a step that was not answered. */
  openAt(index: number): Question | undefined {
    return this.#at(index).find((question) => !this.#answers.has(question));
  }

  answer(question: Question, answer: Answer): void {
    this.#answers.set(question, answer);
  }

  /** What is to be said of the answers given at a step. */
  verdicts(index: number): HTMLElement[] {
    return this.#at(index).flatMap((question) => {
      const answer = this.#answers.get(question);
      return answer === undefined ? [] : [verdict(question, answer)];
    });
  }

  #at(index: number): readonly Question[] {
    return this.#questions.get(index) ?? [];
  }
}

/** A question with its choices as buttons; what it is about stays hidden until one is pressed. */
export function askQuestion(
  { text, choices }: Question,
  answered: (answer: Answer) => void,
): HTMLElement[] {
  const buttons = choices.map((choice, i) => {
    const button = element("button", { type: "button" }, told(choice));
    button.addEventListener("click", () => answered(i));
    return element("li", {}, button);
  });
  const skip = element("button", { type: "button", class: "plain" }, "Show me");
  skip.addEventListener("click", () => answered(null));
  return [
    element("h2", { id: "step-title", tabindex: -1 }, "What will happen?"),
    element("p", { class: "question" }, told(text)),
    element("ol", { class: "choices" }, ...buttons),
    element("p", {}, skip),
  ];
}

function verdict({ text, choices, answer: right, because }: Question, answer: Answer): HTMLElement {
  const isRight = answer === right;
  const word = answer === null ? "The answer:" : isRight ? "= Right:" : "≠ Not so. It is:";
  const kind = answer === null ? "" : isRight ? "good" : "bad";
  return element(
    "div",
    { class: "verdict" },
    element("p", { class: "soft" }, told(text)),
    element(
      "p",
      {},
      element("b", { class: kind }, word),
      " ",
      element("b", {}, told(choices[right] ?? "")),
    ),
    element("p", {}, told(because)),
  );
}
