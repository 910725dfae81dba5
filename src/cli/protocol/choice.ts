/* What the reader has chosen, which the fragment of the page's address keeps. */

import { constants as system } from "node:os";
import { ACTS, PROPERTIES } from "../../labs/check/birth.ts";
import type { BirthOptions } from "../../labs/check/check.ts";
import LINES from "./puzzles.jsonl";

/** Signals by name. */
export const constants: ReadonlyMap<string, bigint> = new Map(
  Object.entries(system.signals).map(([name, number]) => [name, BigInt(number)]),
);

/** wait4(2). WUNTRACED is a precaution. */
const WUNTRACED = 2;
export const WAIT_OPTIONS: Readonly<Record<string, number>> = {
  ...{ __WALL: 0x40000000, __WCLONE: 0x80000000, __WNOTHREAD: 0x20000000 },
  ...{ WNOHANG: 1, WCONTINUED: 8 },
};
export const NO_SIGNAL = "none";
export const SIGNALS = ["SIGKILL", "SIGCHLD", "SIGUSR1", NO_SIGNAL];
export const MOST_ACTS = 2;

export interface Puzzle {
  readonly title: string;
  readonly about: string;
  readonly omit: readonly string[];
  readonly outside: readonly string[];
  readonly acts: number;
  /** The exit signal (default SIGKILL). */
  readonly signal?: string;
  /** The property to break, and in how few steps that is possible. */
  readonly breaks: (typeof PROPERTIES)[number];
  readonly shortest: number;
}

export const PUZZLES: readonly Puzzle[] = LINES.trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

export interface Choice {
  readonly omit: readonly string[];
  readonly outside: readonly string[];
  readonly acts: number;
  readonly wait: readonly string[];
  readonly signal: string;
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
  ...{ omit: ["prctl"], outside: ACTS.map(({ name }) => name), acts: 1 },
  ...{ wait: ["__WALL"], signal: "SIGKILL", puzzle: undefined, shown: undefined, moves: [], at: 0 },
};

export function puzzleChoice(index: number): Choice {
  const { omit = [], outside = [], acts = 0, signal = FIRST.signal } = PUZZLES[index] ?? {};
  return { ...FIRST, omit, outside, acts, signal, puzzle: index };
}

export function optionsOf({ omit, outside, acts, wait, signal }: Choice): BirthOptions {
  const waitOptions = wait.reduce((bits, name) => bits + (WAIT_OPTIONS[name] ?? 0), WUNTRACED);
  return { omit, outside, acts, waitOptions, exitSignal: Number(constants.get(signal) ?? 0n) };
}

export function fragmentOf({
  omit,
  outside,
  acts,
  wait,
  signal,
  puzzle,
  shown,
  moves,
  at,
}: Choice) {
  const path = { moves: moves.join("."), at: `${at}` };
  const all = { omit: `${omit}`, outside: `${outside}`, acts: `${acts}`, wait: `${wait}`, signal };
  const own = puzzle === undefined ? all : { puzzle: `${puzzle + 1}` };
  const seen = shown === undefined ? {} : { shown: `${shown + 1}` };
  return new URLSearchParams({ ...own, ...seen, ...(moves.length > 0 && path) }).toString();
}

/** What a link keeps; of what it does not have, the first choice. */
export function choiceOf(fragment: string): Choice {
  const place = new URLSearchParams(fragment);
  const list = (name: string, usual: readonly string[]) =>
    place.get(name)?.split(",").filter(Boolean) ?? usual;
  const number = (name: string, most: number) => {
    const value = Number(place.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= 0 && value <= most ? value : undefined;
  };
  const index = (name: string, all: readonly unknown[]) => {
    const value = number(name, all.length);
    return value === undefined || value === 0 ? undefined : value - 1;
  };
  const puzzle = index("puzzle", PUZZLES);
  const moves = list("moves", []).join().split(".").filter(Boolean).map(Number);
  const path = { shown: index("shown", PROPERTIES), moves, at: number("at", moves.length) ?? 0 };
  if (puzzle !== undefined) return { ...puzzleChoice(puzzle), ...path };
  const signal = place.get("signal") ?? FIRST.signal;
  return {
    ...{ omit: list("omit", FIRST.omit), outside: list("outside", FIRST.outside), puzzle },
    ...{ acts: number("acts", MOST_ACTS) ?? FIRST.acts, wait: list("wait", FIRST.wait) },
    ...{ signal: SIGNALS.includes(signal) ? signal : FIRST.signal, ...path },
  };
}
