import { type Action, actionOf, read } from "../reading.ts";
import { stepNumber } from "../tell.ts";
import { FOLDS, type State } from "./state.ts";

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
