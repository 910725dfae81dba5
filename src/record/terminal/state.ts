import type { Question, Recording, Step } from "../recording.ts";

/** The panes, in the order in which Tab goes through them. */
export const PANES = ["story", "code", "registers", "kernel", "memory"] as const;
export type Pane = (typeof PANES)[number];

/** Those that share a place where there is room for one of them. */
export const SIDES = ["registers", "kernel", "memory"] as const;
export type Side = (typeof SIDES)[number];

/** A line that is being typed. */
export interface Prompt {
  readonly kind: "search" | "go";
  readonly text: string;
  /** Where Escape leads back to. */
  readonly origin: number;
}

/** All that a frame is made of, beside the size of the terminal. */
export interface State {
  readonly recording: Recording;
  /** The index of a step; -1 is the introduction, and the number of steps is the end. */
  readonly at: number;
  /** The index of the question that has to be passed before the step at `at` is shown. */
  readonly asked: number | null;
  /** What was chosen for each question that was passed; null where nothing was. */
  readonly answers: ReadonlyMap<number, number | null>;
  /** The lane whose steps ← and → go to; null: all. */
  readonly lane: string | null;
  /** The pane that scrolls. */
  readonly pane: Pane;
  /** Which of those that share a place is shown there. */
  readonly side: Side;
  /** Lines that each pane was scrolled by, away from where it would be. */
  readonly scroll: Readonly<Partial<Record<Pane, number>>>;
  readonly prompt: Prompt | null;
  /** What n and N look for. */
  readonly sought: string;
  /** Told until the next key. */
  readonly message: string;
  readonly help: boolean;
  readonly over: boolean;
}

/** @param at -1 for the introduction */
export function begin(recording: Recording, at = -1): State {
  return {
    recording,
    at,
    asked: null,
    answers: new Map(),
    lane: null,
    pane: "story",
    side: "registers",
    scroll: {},
    prompt: null,
    sought: "",
    message: "",
    help: false,
    over: false,
  };
}

/** The index of what is to be seen: before a question is passed, that is what was before its step. */
export function seenAt({ at, asked }: State): number {
  return asked === null ? at : at - 1;
}

/** The step that is to be seen; undefined in the introduction and at the end. */
export function seenStep(state: State): Step | undefined {
  return state.recording.steps[seenAt(state)];
}

/** The questions that a step answers, by their indices. */
export function questionsOf({ questions }: Recording, index: number): [number, Question][] {
  return [...questions.entries()].filter(([, { step }]) => step === index);
}
