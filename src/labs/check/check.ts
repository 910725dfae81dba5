// Every order of steps of a stub's life, explored: which properties hold, and the shortest schedule that breaks one.

import { InputError, StateError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";
import { ACTS, ENDS, MISTAKES, PRECAUTIONS, PROPERTIES } from "./birth.ts";
import { type Move, type Plan, TaskModel } from "./model.ts";

/** WUNTRACED, __WALL (wait4(2)). */
const WUNTRACED = 0x2;
const WALL = 0x40000000;

/** What `checkBirth` explores; all of it may be left out. */
export interface BirthOptions {
  /** Names of PRECAUTIONS that are left out. */
  readonly omit?: readonly string[];
  /** Names of ACTS. */
  readonly outside?: readonly string[];
  /** How often the outside may act (default 1). */
  readonly acts?: number;
  /** Flags of the clones (default 0): CLONE_PARENT, CLONE_PTRACE and CLONE_UNTRACED matter. */
  readonly cloneFlags?: number;
  /** The exit signal of the stubs (default SIGKILL). */
  readonly exitSignal?: number;
  /** Options of the wait4 for a self-stop (default __WALL | WUNTRACED). */
  readonly waitOptions?: number;
  /** Options of all other waits (default __WALL). */
  readonly laterOptions?: number;
  /** Names of MISTAKES. */
  readonly mistakes?: readonly string[];
  /** What the host's program ends with (default "close"). */
  readonly until?: (typeof ENDS)[number];
  /** Whether each step waits until nobody moves: then puppets can perform the schedules (default false). */
  readonly calm?: boolean;
}

/** A property, and the shortest schedule that breaks it. */
export interface Verdict {
  readonly property: (typeof PROPERTIES)[number];
  readonly schedule: readonly Move[] | undefined;
}

export interface BirthReport {
  readonly states: number;
  readonly verdicts: readonly Verdict[];
}

/** Bits of a list for some of its names. @throws InputError */
function bitsOf(what: string, all: readonly { name: string }[], names: readonly string[]): number {
  const known = all.map(({ name }) => name);
  return names.reduce((bits, name) => {
    const index = known.indexOf(name);
    if (index >= 0) return bits | (1 << index);
    throw new InputError(`unknown ${what} "${name}"${didYouMean(name, known)}`);
  }, 0);
}

/** Choices as the model takes them. @throws InputError for an unknown name */
export function planOf({
  omit = [],
  outside = ACTS.map(({ name }) => name),
  acts = 1,
  cloneFlags = 0,
  exitSignal = 9,
  waitOptions = WALL | WUNTRACED,
  laterOptions = WALL,
  mistakes = [],
  until = "close",
  calm = false,
}: BirthOptions): Plan {
  return {
    ...{ omitted: bitsOf("step", PRECAUTIONS, omit), acts: bitsOf("act", ACTS, outside) },
    ...{ budget: acts, cloneFlags, exitSignal, waitOptions, laterOptions },
    ...{ mistakes: bitsOf("mistake", MISTAKES, mistakes), until: ENDS.indexOf(until), calm },
  };
}

/**
 * Explores a life: every order of the steps of host, stub and grandchild, and of what the outside does between them.
 *
 * @throws InputError for an unknown name; StateError if there are more states than fit into memory
 */
export function checkBirth(options: BirthOptions = {}, model = new TaskModel()): BirthReport {
  const states = model.explore(planOf(options));
  if (states === 0) {
    throw new StateError("there are more states than the model has room for", {
      remedy: "let the outside act more rarely, or in fewer ways",
    });
  }
  const verdicts = PROPERTIES.map((property, i) => ({ property, schedule: model.schedule(i) }));
  return { states, verdicts };
}
