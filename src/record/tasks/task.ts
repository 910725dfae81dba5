import type { Recording, Step } from "../recording.ts";
import type { Answer } from "./answer.ts";
import type { Draw } from "./draw.ts";
import type { Stage } from "./stage.ts";

/** Something to be done with a stub, which the kernel judges. */
export interface Task {
  /** The scenario that teaches it. */
  readonly lesson: string;
  readonly title: string;
  /** The variant that a draw selects. */
  exercise(draw: Draw): Exercise;
}

/** What a file sets. */
export type Form =
  /** Some of the registers. */
  | { readonly kind: "registers" }
  /** These names; and what each is. */
  | { readonly kind: "fields"; readonly fields: Readonly<Record<string, string>> }
  /** Assembly. */
  | { readonly kind: "code" };

interface Posed {
  /** The assignment, in paragraphs. */
  readonly text: readonly string[];
  readonly form: Form;
  /** Names that values may use beside the kernel's, and what each is. */
  readonly names?: Readonly<Record<string, string>>;
  /** The part of the file that the student edits, as it is handed out. */
  readonly start: string;
  /** Each says more than the one before it. */
  readonly hints: readonly string[];
}

/** A task that is performed by stubs: `play` makes it happen, and expects what must be true. */
export interface Played extends Posed {
  /** The edited part of an answer that is right. Nothing is compared with it. */
  readonly key: string;
  play(stage: Stage, answer: Answer): void;
}

/** A task about a recording of a scenario: to find a step. */
export interface Read extends Posed {
  readonly scenario: string;
  /** What is true of the step to find. */
  readonly fact: string;
  holds(step: Step, recording: Recording): boolean;
}

export type Exercise = Played | Read;

export function isPlayed(exercise: Exercise): exercise is Played {
  return "play" in exercise;
}
