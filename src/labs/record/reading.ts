// How a recording is read: where the reader is, what was answered, and what each key makes of that. The terminal and
// the page share it.

import { eventsOf, startOf } from "./event.ts";
import type { Recording, Step } from "./recording.ts";

/** All that a reader has done, apart from how it is shown. */
export interface Reading {
  readonly recording: Recording;
  /** The index of a step; -1 is the introduction, and the number of steps is the end. */
  readonly at: number;
  /** The index of the question that has to be answered before the step at `at` is shown. */
  readonly asked: number | null;
  /** The choice that Enter answers with, as its place among those that are shown. */
  readonly picked: number | null;
  /** What was chosen for each question, as an index of its choices; null if the reader wanted to be shown. */
  readonly answers: ReadonlyMap<number, number | null>;
  /** Whether questions are asked. */
  readonly asks: boolean;
  /** Determines the order in which choices are shown. */
  readonly seed: number;
  /** The last step that was shown: what comes after it is not drawn. */
  readonly reached: number;
  /** Whether the reader walks by events: what is shown as changed is the change of the whole event. */
  readonly byEvents: boolean;
  /** Reported until the next action. */
  readonly message: string;
}

export type Action =
  | { readonly kind: "step"; readonly by: 1 | -1 }
  /** To the next event, or the one before (event.ts). */
  | { readonly kind: "event"; readonly by: 1 | -1 }
  /** To a place, at most the end: forward no further than to an open question. */
  | { readonly kind: "go"; readonly at: number }
  /** To the step that a link names, whatever was not answered before it. */
  | { readonly kind: "link"; readonly at: number }
  /** The deed of the lesson, if it has one: straight to the question that it leads to. */
  | { readonly kind: "deed" }
  /** By the place of the choice among those that are shown, from 0. */
  | { readonly kind: "answer"; readonly choice: number }
  | { readonly kind: "pick"; readonly by: 1 | -1 }
  | { readonly kind: "enter" }
  | { readonly kind: "show" }
  | { readonly kind: "again" }
  | { readonly kind: "ask"; readonly asks: boolean };

/**
 * @param at the index of a step, or -1 for the introduction. What is not answered before it is not asked.
 * @param answers those that were given before
 */
export function beginReading(
  recording: Recording,
  at = -1,
  seed = 0,
  answers: Reading["answers"] = new Map(),
): Reading {
  const reading: Reading = {
    recording,
    at: -2,
    asked: null,
    picked: null,
    answers,
    asks: true,
    seed,
    reached: -1,
    byEvents: true,
    message: "",
  };
  return arrive(jump(reading, at));
}

/** What an action makes of a reading. */
export function read(before: Reading, action: Action): Reading {
  const reading = { ...before, message: "" };
  switch (action.kind) {
    case "step":
      return { ...move(reading, action.by, reading.at + action.by), byEvents: false };
    case "event":
      return { ...move(reading, action.by, nextEvent(reading, action.by)), byEvents: true };
    case "go":
      return arrive(
        action.at > reading.at ? advance(reading, action.at) : jump(reading, action.at),
      );
    case "link":
      return arrive(jump(reading, action.at));
    case "deed":
      return arrive(jump(reading, deedOf(reading.recording)?.step ?? reading.at));
    case "answer":
      return answer(reading, action.choice);
    case "pick":
      return pick(reading, action.by);
    case "enter":
      return enter(reading);
    case "show":
      return reading.asked === null ? reading : pass(reading, reading.asked, null);
    case "again":
      return askAgain(reading);
    case "ask":
      return settle({ ...reading, asks: action.asks, asked: null });
  }
}

/** The question that the deed of a lesson leads to. */
export const deedOf = ({ questions }: Recording) => questions.find(({ deed }) => deed !== "");

/** To the introduction; and to the end, or the next question. */
export const BEGIN: Action = { kind: "go", at: -1 };
export const END: Action = { kind: "go", at: Number.POSITIVE_INFINITY };

const ACTIONS: Readonly<Record<string, Action>> = {
  right: { kind: "event", by: 1 },
  l: { kind: "event", by: 1 },
  " ": { kind: "event", by: 1 },
  left: { kind: "event", by: -1 },
  h: { kind: "event", by: -1 },
  ".": { kind: "step", by: 1 },
  ",": { kind: "step", by: -1 },
  home: BEGIN,
  end: END,
  enter: { kind: "enter" },
  a: { kind: "again" },
  x: { kind: "deed" },
};

/** While a question is open. */
const ANSWERS: Readonly<Record<string, Action>> = {
  up: { kind: "pick", by: -1 },
  down: { kind: "pick", by: 1 },
  s: { kind: "show" },
};

/** What a key does: a character, or a name such as "left"; undefined if it does nothing. */
export function actionOf(reading: Reading, key: string): Action | undefined {
  const own = (table: Readonly<Record<string, Action>>) =>
    Object.hasOwn(table, key) ? table[key] : undefined;
  if (reading.asked === null) return own(ACTIONS);
  if (/^[1-9]$/.test(key)) return { kind: "answer", choice: Number(key) - 1 };
  return own(ANSWERS) ?? own(ACTIONS);
}

/** The index of what is shown: before a question is answered, that is what was before its step. */
export function seenAt({ at, asked }: Pick<Reading, "at" | "asked">): number {
  return asked === null ? at : at - 1;
}

/** The index of the first of the steps whose changes are shown: in a walk by events that after the event before. */
export function sinceAt(reading: Reading): number {
  const seen = seenAt(reading);
  return reading.byEvents ? startOf(eventsOf(reading.recording), seen) : seen;
}

/** The step that is shown; undefined in the introduction and at the end. */
export function seenStep(reading: Reading): Step | undefined {
  return reading.recording.steps[seenAt(reading)];
}

/** The indices of a question's choices, in the order in which they are shown. */
export function choiceOrder({ recording, seed }: Reading, question: number): number[] {
  const { choices } = recording.questions[question] ?? { choices: [] };
  const rank = (choice: number) => readerSeed(`${choice} ${seed} ${question}`);
  return [...choices.keys()].toSorted((a, b) => rank(a) - rank(b));
}

type Paragraph = readonly [label: string, text: string, tone: "good" | "bad" | "plain"];

/** What is said of the answer to a question; nothing as long as it is open. */
export function verdictOf({ recording, answers }: Reading, question: number): Paragraph[] {
  const asked = recording.questions[question];
  const choice = answers.get(question);
  if (asked === undefined || choice === undefined) return [];
  const { choices, answer, because, replies } = asked;
  const [wrong, reply] = [choices[choice ?? answer] ?? "", replies[choice ?? answer] ?? ""];
  const isWrong = choice !== null && choice !== answer;
  return [
    ...(isWrong ? [["Not so: ", wrong, "bad"] as const] : []),
    ...(isWrong && reply !== "" ? [["", reply, "plain"] as const] : []),
    [choice === answer ? "Right: " : "The answer: ", choices[answer] ?? "", "good"],
    ["", because, "plain"],
  ];
}

/** What became of a question, and the sign for it: undefined if it is open, null if the answer was only shown. */
export function signOf(
  choice: number | null | undefined,
  answer: number,
): readonly [sign: string, outcome: "open" | "right" | "wrong" | "shown"] {
  if (choice === undefined) return ["?", "open"];
  if (choice === null) return ["·", "shown"];
  return choice === answer ? ["✓", "right"] : ["✗", "wrong"];
}

/** How many questions there are, were answered by the reader, and were answered right. */
export function scoreOf({ recording, answers }: Reading) {
  const answered = [...answers].filter(([, choice]) => choice !== null);
  const right = answered.filter(([i, choice]) => recording.questions[i]?.answer === choice);
  return {
    questions: recording.questions.length,
    answered: answered.length,
    right: right.length,
  };
}

/** The first question of a step that was not answered; null if all were. */
function openAt({ recording, answers, asks }: Reading, index: number): number | null {
  if (!asks) return null;
  const open = recording.questions.findIndex(({ step }, i) => step === index && !answers.has(i));
  return open < 0 ? null : open;
}

/** Goes to a place. If a question is open there, it is asked first. */
function jump(reading: Reading, at: number): Reading {
  return settle({ ...reading, at: Math.max(-1, Math.min(at, reading.recording.steps.length)) });
}

/** From an event on the reader walks by events, from another step on by steps. */
function arrive(reading: Reading): Reading {
  return { ...reading, byEvents: eventsOf(reading.recording).includes(reading.at) };
}

function settle(reading: Reading): Reading {
  const there = { ...reading, asked: openAt(reading, reading.at), picked: null };
  return { ...there, reached: Math.max(reading.reached, seenAt(there)) };
}

/** Goes forward to a place, but no further than to a question that was not answered. */
function advance(reading: Reading, target: number): Reading {
  const { at, asked } = reading;
  if (asked !== null && target >= at) return { ...reading, message: howToAnswer(reading, asked) };
  const steps = reading.recording.questions.map(({ step }) => step);
  const hidden = steps.filter((step) => step > seenAt(reading) && openAt(reading, step) !== null);
  return jump(reading, Math.min(target, ...hidden));
}

function howToAnswer({ recording }: Reading, question: number): string {
  const count = Math.min(recording.questions[question]?.choices.length ?? 0, 9);
  return `${count === 1 ? "1 answers" : `1 to ${count} answer`} the question; s shows the answer`;
}

/** One place forward, or back. */
function move(reading: Reading, by: 1 | -1, target: number): Reading {
  if (target < -1) return { ...reading, message: "This is the beginning." };
  if (target > reading.recording.steps.length) return { ...reading, message: "This is the end." };
  return by === 1 ? advance(reading, target) : jump(reading, target);
}

/** The place of the nearest event: before the first one the introduction, after the last one the end. */
function nextEvent({ recording, at }: Reading, by: 1 | -1): number {
  const { length } = recording.steps;
  if (at === (by === 1 ? length : -1)) return at + by;
  const events = eventsOf(recording);
  return by === 1
    ? (events.find((event) => event > at) ?? length)
    : (events.findLast((event) => event < at) ?? -1);
}

function answer(reading: Reading, place: number): Reading {
  const { asked } = reading;
  if (asked === null) return reading;
  const choice = choiceOrder(reading, asked)[place];
  if (choice === undefined) return { ...reading, message: howToAnswer(reading, asked) };
  return pass(reading, asked, choice);
}

function pass(reading: Reading, question: number, choice: number | null): Reading {
  return settle({ ...reading, answers: new Map(reading.answers).set(question, choice) });
}

function pick(reading: Reading, by: 1 | -1): Reading {
  const { asked, picked, recording } = reading;
  const count = asked === null ? 0 : (recording.questions[asked]?.choices.length ?? 0);
  if (count === 0) return reading;
  const next = picked === null ? (by === 1 ? 0 : count - 1) : (picked + by + count) % count;
  return { ...reading, picked: next };
}

/** Enter answers with the choice that is picked; elsewhere it goes to the next event. */
function enter(reading: Reading): Reading {
  if (reading.asked === null) return read(reading, { kind: "event", by: 1 });
  if (reading.picked === null) {
    return { ...reading, message: howToAnswer(reading, reading.asked) };
  }
  return answer(reading, reading.picked);
}

/** Asks the questions of the step that is shown, as if for the first time. */
function askAgain(reading: Reading): Reading {
  const { recording, at } = reading;
  const answers = new Map(
    [...reading.answers].filter(([i]) => recording.questions[i]?.step !== at),
  );
  if (!recording.questions.some(({ step }) => step === at))
    return { ...reading, message: "This step answers no question." };
  return settle({ ...reading, answers, asks: true });
}

/** The seed of a reader: any text, a name or a number. FNV-1a. */
export function readerSeed(reader: string): number {
  const bytes = new TextEncoder().encode(reader);
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}
