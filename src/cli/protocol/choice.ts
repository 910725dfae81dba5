/* What the reader has chosen, which the fragment of the page's address keeps. */

import { constants as system } from "node:os";
import { ACTS, ENDS, PRECAUTIONS, PROPERTIES } from "../../labs/check/birth.ts";
import type { BirthOptions } from "../../labs/check/check.ts";
import LINES from "./puzzles.jsonl";

/** Signals by name. */
export const constants: ReadonlyMap<string, bigint> = new Map(
  Object.entries(system.signals).map(([name, number]) => [name, BigInt(number)]),
);

/** wait4(2). WUNTRACED is a precaution. */
const WUNTRACED = 2;
const WAIT_OPTIONS: Readonly<Record<string, number>> = {
  ...{ __WALL: 0x40000000, __WCLONE: 0x80000000, __WNOTHREAD: 0x20000000 },
  ...{ WNOHANG: 1, WCONTINUED: 8 },
};
export const SIGNALS = ["SIGKILL", "SIGCHLD", "SIGUSR1", "none"];
export const MOST_ACTS = 2;

export interface Puzzle {
  readonly title: string;
  readonly about: string;
  readonly omit: readonly string[];
  readonly outside: readonly string[];
  readonly acts: number;
  /** The exit signal (default SIGKILL). */
  readonly signal?: string;
  /** The property to break. */
  readonly breaks: (typeof PROPERTIES)[number];
}

export const PUZZLES: readonly Puzzle[] = LINES.trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

/** What is chosen among names: the precautions that are left out, what the outside may do, and options of wait4. */
export const SETS = {
  omit: PRECAUTIONS,
  outside: ACTS,
  wait: Object.keys(WAIT_OPTIONS).map((name) => ({ name, text: "" })),
} as const;

export interface Choice {
  readonly sets: Readonly<Record<keyof typeof SETS, readonly string[]>>;
  readonly acts: number;
  readonly signal: string;
  /** What the host's program ends with. */
  readonly until: (typeof ENDS)[number];
  /** An index of PUZZLES; undefined: the reader chooses freely. */
  readonly puzzle: number | undefined;
  /** The index of the property whose schedule is shown. */
  readonly shown: number | undefined;
  /** The moves of the schedule, and how many of its steps are shown. */
  readonly moves: readonly number[];
  readonly at: number;
}

/** One precaution is missing. */
export const FIRST: Choice = {
  sets: { omit: ["prctl"], outside: ACTS.map(({ name }) => name), wait: ["__WALL"] },
  ...{ acts: 1, signal: "SIGKILL", until: "birth", puzzle: undefined },
  ...{ shown: undefined, moves: [], at: 0 },
};

export function puzzleChoice(puzzle: number): Choice {
  const { omit = [], outside = [], acts = 0, signal = FIRST.signal } = PUZZLES[puzzle] ?? {};
  return { ...FIRST, sets: { ...FIRST.sets, omit, outside }, acts, signal, puzzle };
}

export function optionsOf({ sets, acts, signal, until }: Choice): BirthOptions {
  const { omit, outside, wait } = sets;
  const waitOptions = wait.reduce((bits, name) => bits + (WAIT_OPTIONS[name] ?? 0), WUNTRACED);
  const exitSignal = Number(constants.get(signal) ?? 0n);
  return { omit, outside, acts, waitOptions, exitSignal, until };
}

export function fragmentOf({
  sets,
  acts,
  signal,
  until,
  puzzle,
  shown,
  moves,
  at,
}: Choice): string {
  const names = Object.entries(sets).map(([key, chosen]) => [key, chosen.join(".")]);
  const free = { ...Object.fromEntries(names), acts: `${acts}`, signal, until };
  return new URLSearchParams({
    ...(puzzle === undefined ? free : { puzzle: `${puzzle + 1}` }),
    ...(shown !== undefined && { shown: `${shown + 1}` }),
    ...(moves.length > 0 && { moves: moves.join("."), at: `${at}` }),
  }).toString();
}

/** What a link keeps; of what it does not have, the first choice. */
export function choiceOf(fragment: string): Choice {
  const place = new URLSearchParams(fragment);
  const list = (name: string, usual: readonly string[]) =>
    place.get(name)?.split(".").filter(Boolean) ?? usual;
  const number = (name: string, least: number, most: number) => {
    const value = Number(place.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= least && value <= most ? value - least : undefined;
  };
  const { omit, outside, wait } = FIRST.sets;
  const free = {
    sets: { omit: list("omit", omit), outside: list("outside", outside), wait: list("wait", wait) },
    acts: number("acts", 0, MOST_ACTS) ?? FIRST.acts,
    signal: SIGNALS.find((name) => name === place.get("signal")) ?? FIRST.signal,
    until: ENDS.find((name) => name === place.get("until")) ?? FIRST.until,
  };
  const puzzle = number("puzzle", 1, PUZZLES.length);
  const moves = list("moves", []).map(Number);
  return {
    ...(puzzle === undefined ? { ...FIRST, ...free } : puzzleChoice(puzzle)),
    ...{ moves, at: number("at", 0, moves.length) ?? 0 },
    shown: number("shown", 1, PROPERTIES.length),
  };
}
