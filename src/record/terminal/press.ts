import { narrow } from "../../visible.ts";
import type { Step } from "../recording.ts";
import { stepNumber } from "../view/told.ts";
import type { Key } from "./keys.ts";
import { PANES, type Prompt, questionsOf, SIDES, type State, seenAt } from "./state.ts";

/** How far the keys for pages scroll. */
const PAGE = 5;

/** What a key makes of a state. */
export function press(before: State, key: Key): State {
  const state = { ...before, message: "" };
  if (key === "ctrl-d") return { ...state, over: true };
  if (state.prompt !== null) return type(state, state.prompt, key);
  if (state.help) return inHelp(state, key);
  if (state.asked !== null) {
    const answered = answer(state, state.asked, key);
    if (answered !== undefined) return answered;
  }
  const does = KEYS[key];
  return does === undefined ? state : does(state);
}

const KEYS: Readonly<Record<Key, (state: State) => State>> = {
  right: (state) => step(state, 1),
  l: (state) => step(state, 1),
  " ": (state) => step(state, 1),
  left: (state) => step(state, -1),
  h: (state) => step(state, -1),
  up: (state) => chooseLane(state, -1),
  down: (state) => chooseLane(state, 1),
  "]": (state) => event(state, 1),
  "[": (state) => event(state, -1),
  enter,
  a: askAgain,
  home: (state) => jump(state, -1),
  end: (state) => jump(state, state.recording.steps.length),
  g: (state) => ({ ...state, prompt: { kind: "go", text: "", origin: seenAt(state) } }),
  "/": (state) => ({ ...state, prompt: { kind: "search", text: "", origin: seenAt(state) } }),
  n: (state) => searchOn(state, 1),
  N: (state) => searchOn(state, -1),
  tab: (state) => focus(state, 1),
  "shift-tab": (state) => focus(state, -1),
  j: (state) => scroll(state, 1),
  k: (state) => scroll(state, -1),
  "page-down": (state) => scroll(state, PAGE),
  "page-up": (state) => scroll(state, -PAGE),
  escape: (state) => ({ ...state, lane: null }),
  "?": (state) => ({ ...state, help: true, scroll: {} }),
  q: (state) => ({ ...state, over: true }),
};

function inHelp(state: State, key: Key): State {
  if (key === "j" || key === "down") return scroll(state, 1);
  if (key === "k" || key === "up") return scroll(state, -1);
  if (key === "page-down") return scroll(state, PAGE);
  if (key === "page-up") return scroll(state, -PAGE);
  if (key === "q") return { ...state, over: true };
  return { ...state, help: false, scroll: {} };
}

/** Goes to a place as it is, without a question. */
function jump(state: State, at: number): State {
  return { ...state, at, asked: null, scroll: {} };
}

/** Goes forward to a place, but no further than to a question that was not passed yet. */
function advance(state: State, target: number): State {
  const from = seenAt(state);
  let [nearest, first]: [number, number | null] = [target, null];
  for (const [i, { step }] of state.recording.questions.entries()) {
    if (state.answers.has(i) || step <= from || step > nearest) continue;
    if (first === null || step < nearest) [nearest, first] = [step, i];
  }
  const there = jump(state, nearest);
  return first === null ? there : { ...there, asked: first, pane: "story" };
}

/** The next place in a direction whose step is wanted; undefined where there is none. */
function find(state: State, by: 1 | -1, wanted: (step: Step) => boolean): number | undefined {
  const { steps } = state.recording;
  for (let i = seenAt(state) + by; i >= 0 && i < steps.length; i += by) {
    const step = steps[i];
    if (step !== undefined && wanted(step)) return i;
  }
  return undefined;
}

function step(state: State, by: 1 | -1): State {
  const { lane, recording } = state;
  if (lane !== null)
    return move(state, by, ({ lane: its }) => its === lane, `step of ${narrow(lane)}`);
  // A question is asked at its step, so the step before it is seen already.
  if (state.asked !== null && by === -1) return jump(state, seenAt(state));
  const target = seenAt(state) + by;
  if (target < -1) return { ...state, message: "This is the beginning." };
  if (target > recording.steps.length) return { ...state, message: "This is the end." };
  return by === 1 ? advance(state, target) : jump(state, target);
}

/** To the previous or next step that is no instruction. */
function event(state: State, by: 1 | -1): State {
  const { lane } = state;
  const inLane = (step: Step) => lane === null || step.lane === lane;
  const what = lane === null ? "event" : `event of ${narrow(lane)}`;
  return move(state, by, (step) => step.kind !== "instruction" && inLane(step), what);
}

function move(state: State, by: 1 | -1, wanted: (step: Step) => boolean, what: string): State {
  const target = find(state, by, wanted);
  if (target !== undefined) return by === 1 ? advance(state, target) : jump(state, target);
  return { ...state, message: `There is no ${by === 1 ? "later" : "earlier"} ${what}.` };
}

function chooseLane(state: State, by: 1 | -1): State {
  const choices = [null, ...state.recording.lanes.map(({ id }) => id)];
  const index = choices.indexOf(state.lane) + by;
  const lane = choices[(index + choices.length) % choices.length] ?? null;
  const message = lane === null ? "all lanes" : `← and → keep to ${narrow(lane)}; Esc: all lanes`;
  return { ...state, lane, message };
}

function focus(state: State, by: 1 | -1): State {
  const index = PANES.indexOf(state.pane) + by;
  const pane = PANES[(index + PANES.length) % PANES.length] ?? "story";
  return { ...state, pane, side: SIDES.find((side) => side === pane) ?? state.side };
}

function scroll(state: State, by: number): State {
  const { pane } = state;
  return { ...state, scroll: { ...state.scroll, [pane]: (state.scroll[pane] ?? 0) + by } };
}

/** The keys that pass a question; undefined for others. */
function answer(state: State, question: number, key: Key): State | undefined {
  const { choices } = state.recording.questions[question] ?? { choices: [] };
  const choice = /^[1-9]$/.test(key) ? Number(key) - 1 : undefined;
  if (choice !== undefined && choice >= choices.length) {
    return { ...state, message: `1 to ${choices.length}, or Enter` };
  }
  const passes = choice !== undefined || ["enter", "right", "l", " ", "]"].includes(key);
  if (!passes) return undefined;
  const answers = new Map(state.answers).set(question, choice ?? null);
  const next = questionsOf(state.recording, state.at).find(([i]) => !answers.has(i));
  return { ...state, answers, asked: next === undefined ? null : next[0], scroll: {} };
}

/** Enter asks what was jumped over at the step that is seen; elsewhere it is a step forward. */
function enter(state: State): State {
  const open = questionsOf(state.recording, state.at).some(([i]) => !state.answers.has(i));
  return open ? askAgain(state) : step(state, 1);
}

/** Asks the questions of the step that is seen, as if for the first time. */
function askAgain(state: State): State {
  const questions = questionsOf(state.recording, state.at);
  const [first] = questions;
  if (first === undefined) return { ...state, message: "This step answers no question." };
  const answers = new Map(state.answers);
  for (const [i] of questions) answers.delete(i);
  return { ...state, answers, asked: first[0], pane: "story", scroll: {} };
}

function type(state: State, prompt: Prompt, key: Key): State {
  if (key === "escape") return { ...jump(state, prompt.origin), prompt: null };
  if (key === "enter") return prompt.kind === "go" ? go(state, prompt) : endSearch(state, prompt);
  const text = key === "backspace" ? prompt.text.slice(0, -1) : prompt.text + key;
  const typed = key === "backspace" ? prompt.text !== "" : isTyped(prompt, key);
  if (!typed) return key === "backspace" ? { ...state, prompt: null } : state;
  const next = { ...state, prompt: { ...prompt, text } };
  return prompt.kind === "search" ? seek(next, text, prompt.origin, 1, true) : next;
}

function isTyped({ kind, text }: Prompt, key: Key): boolean {
  return text.length < 40 && (kind === "go" ? /^\d$/ : /^[ -~]$/).test(key);
}

function go(state: State, { text }: Prompt): State {
  const ready = { ...state, prompt: null };
  if (text === "") return ready;
  const { length } = state.recording.steps;
  const index = Number(text) - stepNumber(0);
  if (index >= 0 && index < length) return jump(ready, index);
  return { ...ready, message: `There are steps ${stepNumber(0)} to ${stepNumber(length - 1)}.` };
}

function endSearch(state: State, { text, origin }: Prompt): State {
  const ready = { ...state, prompt: null, sought: text === "" ? state.sought : text };
  return text === "" ? searchOn(ready, 1) : seek(ready, text, origin, 1, true);
}

function searchOn(state: State, by: 1 | -1): State {
  if (state.sought === "") return { ...state, message: "/ searches" };
  return seek(state, state.sought, seenAt(state), by, false);
}

/** Goes to the first step that has the text, from a place on (with it, if `here`) and once around. */
function seek(state: State, text: string, from: number, by: 1 | -1, here: boolean): State {
  const { length } = state.recording.steps;
  const wanted = text.toLowerCase();
  // The introduction and the end are the same place on the way around.
  const start = by === 1 && from === length ? -1 : by === -1 && from === -1 ? length : from;
  for (let i = here && start >= 0 ? 0 : 1; i <= length; i++) {
    const index = (start + by * i + length) % length;
    const step = state.recording.steps[index];
    if (step === undefined || !wordsOf(step).includes(wanted)) continue;
    const around = by === 1 ? index < start : index > start;
    return { ...jump(state, index), message: around ? "The search went around." : "" };
  }
  return { ...jump(state, from), message: `"${text}" is in no step.` };
}

/** What is searched in. */
function wordsOf({ lane, kind, title, why, observer }: Step): string {
  return narrow([lane, kind, title, why, observer ?? ""].join(" ")).toLowerCase();
}
