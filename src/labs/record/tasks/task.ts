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

/** Names, and what each means. */
export type Meanings = Readonly<Record<string, string>>;

interface Posed {
  /** The assignment, in paragraphs. */
  readonly text: readonly string[];
  /** What a file sets: some of the registers, assembly, or these fields. */
  readonly form: "registers" | "code" | Meanings;
  /** Names that values may use beside the kernel's, and beside those of a stub in registers. */
  readonly names?: Meanings;
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

/** What the registers of an answer may refer to: things of the stub that executes it. */
const OF_STUB: Meanings = {
  STUB: "the pid of the stub that gets these registers",
  PARENT: "the pid of its parent",
  BEGIN: "the address of the first instruction of the stub code",
  SYSCALL: "the address of the SYSCALL that executes all injected calls",
};

/** The names that values may use beside the kernel's. */
export function namesOf({ form, names = {} }: Exercise): Meanings {
  return form === "registers" ? { ...OF_STUB, ...names } : names;
}
