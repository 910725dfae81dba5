import type { Question, Recording } from "../recording.ts";
import { callInWords, stepNumber } from "../view/told.ts";
import { draw, type Line, prose, say } from "./frame.ts";
import { tellNews } from "./kernel.ts";
import { questionsOf, type State } from "./state.ts";

/** What a step is, and what it is for. */
export function tellStep(recording: Recording, index: number, width: number): Line[] {
  const step = recording.steps[index];
  if (step === undefined) return [];
  const { lane, title, why, call, observer } = step;
  const words = call === null ? null : callInWords(call);
  return [
    ...prose(title, width, "strong", `${lane}: `),
    ...prose(why, width),
    ...(words === null ? [] : prose(words, width, "faint", "In words: ")),
    ...(observer === null ? [] : prose(observer, width, "faint", "Observer: ")),
    ...tellNews(recording, index, width),
    ...tellArrows(recording, index, width),
  ];
}

function tellArrows({ arrows, steps }: Recording, index: number, width: number): Line[] {
  const tell = (sign: string, other: number, label: string) =>
    prose(`${sign} step ${stepNumber(other)} of ${steps[other]?.lane}: ${label}`, width, "faint");
  return arrows.flatMap(({ from, to, label }) => {
    if (from === index) return tell("->", to, label);
    return to === index ? tell("<-", from, label) : [];
  });
}

/** What became of the questions of a step. */
export function tellAnswers({ recording, answers }: State, index: number, width: number): Line[] {
  return questionsOf(recording, index).flatMap(([i, question]) => {
    const chosen = answers.get(i);
    if (chosen === undefined) {
      return prose("This step answers a question: Enter asks it.", width, "strong");
    }
    return tellAnswer(question, chosen, width);
  });
}

function tellAnswer({ answer, because, choices }: Question, chosen: number | null, width: number) {
  const right = `${answer + 1}. ${choices[answer]}`;
  if (chosen === answer) return prose(because, width, "plain", "Right! ");
  const verdict = chosen === null ? `Answer: ${right}.` : `Not ${chosen + 1}, but ${right}.`;
  return [...prose(verdict, width, chosen === null ? "good" : "bad"), ...prose(because, width)];
}

/** A question, before its step is seen. */
export function tellQuestion({ text, choices }: Question, width: number): Line[] {
  return [
    ...prose(text, width, "strong"),
    ...choices.flatMap((choice, i) => prose(choice, width, "plain", `  ${i + 1}  `)),
  ];
}

/** What a reader needs before the first step. */
export function tellIntroduction(recording: Recording, width: number): Line[] {
  const { title, introduction, lanes, observed, encoder, machine, questions } = recording;
  const paragraphs = introduction.flatMap((text) => [[], ...prose(text, width)]);
  const asks =
    questions.length === 0
      ? ""
      : ` On the way you are asked ${count(questions.length, "question")}.`;
  return [
    ...prose(title, width, "strong"),
    ...paragraphs,
    [],
    ...lanes.flatMap(({ id, pid, role }) => prose(role, width, "plain", `${id} (${pid}): `)),
    [],
    [say("What the observer changed", "strong")],
    ...observed.flatMap((text) => prose(text, width, "plain", "- ")),
    [],
    ...prose(
      `Recorded on Linux ${machine.kernel} (${machine.arch}) with the encoder ${encoder}. Nothing runs while you look.${asks}`,
      width,
      "faint",
    ),
    [draw("→ goes to the first step; ? tells the keys, and the signs.", "strong")],
  ];
}

/** What must be true in the end, and is. */
export function tellEnd({ recording, answers }: State, width: number): Line[] {
  const facts = recording.end.flatMap(({ fact, expected, seen, held }) =>
    held
      ? prose(`${fact}: ${seen}`, width, "plain", "  ok    ")
      : prose(`${fact}: expected ${expected}, seen ${seen}`, width, "bad", "  FAIL  "),
  );
  return [[say("In the end", "strong")], ...facts, [], ...tellScore(recording, answers, width)];
}

function tellScore({ questions }: Recording, answers: State["answers"], width: number): Line[] {
  const guessed = [...answers].filter(([, choice]) => choice !== null);
  const right = guessed.filter(([i, choice]) => questions[i]?.answer === choice);
  if (guessed.length === 0) return [];
  const score = `You guessed at ${guessed.length} of ${count(questions.length, "question")}; right: ${right.length}.`;
  return prose(score, width);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
