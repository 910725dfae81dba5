import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { Annotator } from "../annotate.ts";
import { Moments } from "../moment.ts";
import type { TaskLink } from "../page/data.ts";
import { type Action, actionOf, beginReading, type Reading, read } from "../reading.ts";
import type { Recording } from "../recording.ts";
import { stepNumber } from "../tell.ts";

/** What folds under the explanation, with the keys that open and close it. */
export const FOLDS = { d: "detail", c: "code", r: "registers", p: "/proc", t: "terms" } as const;
export type Fold = (typeof FOLDS)[keyof typeof FOLDS];

/** All that a frame is made of, apart from the size of the terminal. */
export interface State extends Reading {
  readonly moments: Moments;
  readonly annotator: Annotator;
  /** What a reader can do after the recording. */
  readonly tasks: readonly TaskLink[];
  /** What the reader has opened or closed; the others open if there is room. */
  readonly folds: Readonly<Partial<Record<Fold, boolean>>>;
  /** The one that was opened last, which has to be seen. */
  readonly sought: Fold | null;
  /** Those that are open on the screen. */
  readonly open: readonly Fold[];
  /** Lines that the reader has scrolled by. */
  readonly scroll: number;
  /** The number of a step that is being typed. */
  readonly typed: string | null;
  readonly over: boolean;
}

/** @param at -1 for the introduction */
export function begin(recording: Recording, at = -1, seed = 0, tasks: State["tasks"] = []): State {
  const moments = new Moments(recording);
  const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
  const reading = beginReading(recording, at, seed);
  const hidden = { folds: {}, sought: null, open: [], scroll: 0, typed: null, over: false };
  return { ...reading, moments, annotator, tasks, ...hidden };
}

/** Lines that a key scrolls by. */
const SCROLLS: ReadonlyMap<string, number> = new Map(
  Object.entries({ j: 1, down: 1, k: -1, up: -1, pagedown: 10, pageup: -10 }),
);

/** What a key makes of a state. @param key a printable character, or a name as node:readline has it */
export function press(before: State, key: string): State {
  const state = { ...before, message: "" };
  if (key === "q" || key === "ctrl-d") return { ...state, over: true };
  if (state.typed !== null) return type(state, state.typed, key);
  const action = actionOf(state, key);
  if (action !== undefined) return act(state, action);
  if (key === "g") return { ...state, typed: "" };
  const fold = Object.entries(FOLDS).find(([own]) => own === key)?.[1];
  return fold === undefined
    ? { ...state, scroll: state.scroll + (SCROLLS.get(key) ?? 0) }
    : toggle(state, fold);
}

function toggle(state: State, fold: State["open"][number]): State {
  const folds = { ...state.folds, [fold]: !state.open.includes(fold) };
  return { ...state, folds, sought: fold, scroll: 0 };
}

function act(state: State, action: Action): State {
  const next = { ...state, ...read(state, action) };
  const isThere = next.at === state.at && next.asked === state.asked;
  return isThere ? next : { ...next, scroll: 0, sought: null };
}

/** Types the number of a step. */
function type(state: State, typed: string, key: string): State {
  const closed = { ...state, typed: null };
  if (key === "escape" || (typed === "" && ["backspace", "enter"].includes(key))) return closed;
  if (key === "enter") return goTo(closed, Number(typed) - stepNumber(0));
  if (key === "backspace") return { ...state, typed: typed.slice(0, -1) };
  return /^\d$/.test(key) && typed.length < 9 ? { ...state, typed: typed + key } : state;
}

function goTo(state: State, index: number): State {
  const { length } = state.recording.steps;
  if (index >= 0 && index < length) return act(state, { kind: "go", at: index });
  return { ...state, message: `There are steps ${stepNumber(0)} to ${stepNumber(length - 1)}.` };
}
