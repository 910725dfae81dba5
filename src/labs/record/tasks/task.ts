import { createHash } from "node:crypto";
import { Random } from "../../../lib/cases/random.ts";
import type { Values } from "../lesson_text.ts";
import type { Recording, Step } from "../recording.ts";
import type { Answer } from "./answer.ts";
import type { Judge } from "./judge.ts";

/** Something to be done with a stub, which the kernel judges. docs/lessons/tasks.md has its text. */
export interface Task {
  /** The lesson that teaches it. */
  readonly lesson: string;
  /** How many facts, the first ones, are not worth a point: they hold for the file that is handed out, or for any answer. */
  readonly given: number;
  /** How many further facts decide, for a point each. */
  readonly points: number;
  readonly pose: Pose;
}

/** Gives the variant of a task that a draw selects. */
export type Pose = (draw: Draw) => Exercise;

interface Posed {
  /** Whether the answer is assembly. Otherwise it sets the fields that the text names; if it names none, registers. */
  readonly isCode?: true;
  /** The parts of the text that this variant has. */
  readonly parts?: readonly string[];
  /** What stands for the words in braces there. */
  readonly values?: Values;
  /** The part of the file that the student edits, as it is handed out. */
  readonly start: string;
}

/** A task that is performed by stubs: `play` makes it happen, and expects what must be true. */
export interface Played extends Posed {
  /** The edited part of an answer that is right. Nothing is compared with it. */
  readonly key: string;
  play(judge: Judge, answer: Answer): void;
}

/** A task about a recording of the lesson "host": to find a step. */
export interface Read extends Posed {
  /** What is true of the step to find. */
  readonly fact: string;
  holds(step: Step, recording: Recording): boolean;
}

export type Exercise = Played | Read;

export const isPlayed = (exercise: Exercise): exercise is Played => "play" in exercise;

/** Choices that are determined by the names of a student and of a task. */
export class Draw {
  readonly #random: Random;

  constructor(task: string, student: string) {
    const digest = createHash("sha256").update(`${task}\0${student}`).digest();
    this.#random = new Random(digest.readBigUInt64LE());
  }

  one<T>(...choices: readonly [T, ...T[]]): T {
    return this.#random.pick(choices);
  }

  /** A whole number from `least` to `most`. */
  number(least: number, most: number): number {
    return least + this.#random.below(most - least + 1);
  }
}
