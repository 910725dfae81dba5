import { narrow } from "../../../lib/visible.ts";
import { type Action, actionOf, read, seenAt } from "../reading.ts";
import { stepNumber } from "../tell.ts";
import type { Key } from "./keys.ts";
import { FOLDS, type Prompt, type State } from "./state.ts";

/** Lines that a key scrolls by. */
const SCROLLS: ReadonlyMap<Key, number> = new Map([
  ["j", 1],
  ["down", 1],
  ["k", -1],
  ["up", -1],
  ["page-down", 10],
  ["page-up", -10],
]);

/** What a key does besides reading. */
const KEYS: ReadonlyMap<Key, Partial<State>> = new Map([
  ["g", { prompt: { kind: "go", text: "" } }],
  ["w", { prompt: { kind: "origin", text: "" } }],
  ["?", { help: true, scroll: 0 }],
  ["q", { over: true }],
]);

/** What a key makes of a state. */
export function press(before: State, key: Key): State {
  const state = { ...before, message: "" };
  if (key === "ctrl-d") return { ...state, over: true };
  if (state.prompt !== null) return type(state, state.prompt, key);
  const action = state.help ? undefined : actionOf(state, key);
  if (action !== undefined) return act(state, action);
  const lines = SCROLLS.get(key);
  if (lines !== undefined) return { ...state, scroll: state.scroll + lines };
  if (state.help && key !== "q") return { ...state, help: false, scroll: 0 };
  if (key === "backspace" && state.left !== null) return go(state, state.left);
  return { ...(isFold(key) ? toggle(state, key) : state), ...KEYS.get(key) };
}

function isFold(key: Key): key is keyof typeof FOLDS {
  return Object.hasOwn(FOLDS, key);
}

function toggle(state: State, key: keyof typeof FOLDS): State {
  const fold = FOLDS[key];
  const isOpened = !state.open.includes(fold);
  const folds = { ...state.folds, [fold]: isOpened };
  return { ...state, folds, sought: isOpened ? fold : null, scroll: 0 };
}

function act(state: State, action: Action): State {
  const next = { ...state, ...read(state, action) };
  const isThere = next.at === state.at && next.asked === state.asked;
  const message = narrow(next.message);
  return isThere ? { ...next, message } : { ...next, message, scroll: 0, sought: null };
}

/** Goes to a place that the reader has named. */
function go(state: State, at: number): State {
  return { ...act(state, { kind: "go", at }), left: state.at };
}

function type(state: State, { kind, text }: Prompt, key: Key): State {
  const closed = { ...state, prompt: null };
  if (key === "escape" || (key === "backspace" && text === "")) return closed;
  if (key === "enter" && text === "") return closed;
  if (key === "enter") return kind === "go" ? goTo(closed, Number(text)) : goToOrigin(closed, text);
  const isTyped = text.length < 40 && (kind === "go" ? /^\d$/ : /^[ -~]$/).test(key);
  const typed = key === "backspace" ? text.slice(0, -1) : isTyped ? text + key : text;
  return { ...state, prompt: { kind, text: typed } };
}

function goTo(state: State, number: number): State {
  const { length } = state.recording.steps;
  const index = number - stepNumber(0);
  if (index >= 0 && index < length) return go(state, index);
  return { ...state, message: `There are steps ${stepNumber(0)} to ${stepNumber(length - 1)}.` };
}

/** Goes to the step that wrote a register, or a field of /proc. */
function goToOrigin(state: State, typed: string): State {
  const { moments } = state;
  const [name, at] = [typed.trim(), seenAt(state)];
  const { subject: lane } = moments.at(at);
  const origin = moments.originOf(lane, name, at);
  if (origin === undefined) {
    const { RESULT } = moments.arch.NAMES;
    return { ...state, message: `Nothing is known of ${name}: expected ${RESULT}, PPid, ...` };
  }
  const how = origin.set ? "set" : "first reported";
  const copied = origin.clone === null ? "" : ", and copied by the clone";
  const message = `${name} of ${narrow(lane)} was ${how} here${copied}; Backspace returns`;
  return { ...go(state, origin.step), message };
}
