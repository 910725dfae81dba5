import { narrow } from "../../../lib/visible.ts";
import { KERNEL_FIELDS, type KernelField } from "../proc.ts";
import { type Action, actionOf, nextHidden, read, seenAt } from "../reading.ts";
import type { Step } from "../recording.ts";
import { stepNumber } from "../tell.ts";
import type { Key } from "./keys.ts";
import { PANES, type Prompt, SIDES, type State } from "./state.ts";

/** How far the keys for pages scroll. */
const PAGE = 5;

/** What a key makes of a state. */
export function press(before: State, key: Key): State {
  const state = { ...before, message: "" };
  if (key === "ctrl-d") return { ...state, over: true };
  if (state.prompt !== null) return type(state, state.prompt, key);
  if (state.help) return inHelp(state, key);
  const action = actionOf(state, key);
  if (action !== undefined) return act(state, action);
  return KEYS.get(key)?.(state) ?? state;
}

/** What a key does besides reading. */
const KEYS: ReadonlyMap<Key, (state: State) => State> = new Map([
  ["g", (state: State) => ask(state, "go")],
  ["/", (state) => ask(state, "search")],
  ["w", (state) => ask(state, "origin")],
  ["n", (state) => searchOn(state, 1)],
  ["N", (state) => searchOn(state, -1)],
  ["backspace", goBack],
  ["tab", (state) => focus(state, 1)],
  ["shift-tab", (state) => focus(state, -1)],
  ["j", (state) => scroll(state, 1)],
  ["k", (state) => scroll(state, -1)],
  ["page-down", (state) => scroll(state, PAGE)],
  ["page-up", (state) => scroll(state, -PAGE)],
  ["?", (state) => ({ ...state, help: true, scroll: {} })],
  ["q", (state) => ({ ...state, over: true })],
]);

function inHelp(state: State, key: Key): State {
  if (key === "j" || key === "down") return scroll(state, 1);
  if (key === "k" || key === "up") return scroll(state, -1);
  if (key === "page-down") return scroll(state, PAGE);
  if (key === "page-up") return scroll(state, -PAGE);
  if (key === "q") return { ...state, over: true };
  return { ...state, help: false, scroll: {} };
}

function act(state: State, action: Action): State {
  const next = { ...state, ...read(state, action) };
  const message = action.kind === "lane" ? tellLane(next.lane) : narrow(next.message);
  if (next.at === state.at && next.asked === state.asked) return { ...next, message };
  return { ...next, message, scroll: {}, pane: next.asked === null ? state.pane : "story" };
}

function tellLane(lane: string | null): string {
  return lane === null ? "all lanes" : `← and → keep to ${narrow(lane)}; Esc: all lanes`;
}

/** Goes to a place that the reader has named. */
function go(state: State, at: number): State {
  return { ...act(state, { kind: "go", at }), left: state.at };
}

function goBack(state: State): State {
  return state.left === null ? state : go(state, state.left);
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

const ask = (before: State, kind: Prompt["kind"]): State => ({
  ...before,
  prompt: { kind, text: "", before },
});

function type(state: State, prompt: Prompt, key: Key): State {
  const { kind, before } = prompt;
  if (key === "escape") return before;
  if (key === "enter") return enter(prompt);
  if (key === "backspace" && prompt.text === "") return before;
  if (key !== "backspace" && !isTyped(prompt, key)) return state;
  const text = key === "backspace" ? prompt.text.slice(0, -1) : prompt.text + key;
  const there = kind === "search" ? seek(before, text, 1, true) : before;
  return { ...there, prompt: { ...prompt, text } };
}

function isTyped({ kind, text }: Prompt, key: Key): boolean {
  return text.length < 40 && (kind === "go" ? /^\d$/ : /^[ -~]$/).test(key);
}

function enter({ kind, text, before }: Prompt): State {
  if (kind === "search") {
    return text === "" ? searchOn(before, 1) : seek({ ...before, sought: text }, text, 1, true);
  }
  if (text === "") return before;
  return kind === "go" ? goTo(before, Number(text)) : goToOrigin(before, text.trim());
}

function goTo(state: State, number: number): State {
  const { length } = state.recording.steps;
  const index = number - stepNumber(0);
  if (index >= 0 && index < length) return go(state, index);
  return { ...state, message: `There are steps ${stepNumber(0)} to ${stepNumber(length - 1)}.` };
}

/** Goes to the step that wrote a register, or a field of /proc. */
function goToOrigin(state: State, name: string): State {
  const { moments } = state;
  const at = seenAt(state);
  const field = fieldOf(name);
  const { subject: lane } = moments.at(at);
  const origin =
    field === undefined
      ? moments.registerOrigin(lane, name.toLowerCase(), at)
      : moments.kernelOrigin(lane, field, at);
  if (origin === undefined) {
    const { RESULT } = moments.arch.NAMES;
    return { ...state, message: `Nothing is known of ${name}: expected ${RESULT}, PPid, ...` };
  }
  const how = origin.set ? "set" : "first reported";
  const copied = origin.clone === null ? "" : ", and copied by the clone";
  const message = `${field ?? name} of ${narrow(lane)} was ${how} here${copied}; Backspace returns`;
  return { ...go(state, origin.step), message };
}

function fieldOf(name: string): KernelField | undefined {
  const isField = (key: string): key is KernelField => Object.hasOwn(KERNEL_FIELDS, key);
  const same = (key: string) => key.toLowerCase() === name.toLowerCase();
  return Object.keys(KERNEL_FIELDS).filter(isField).find(same);
}

function searchOn(state: State, by: 1 | -1): State {
  if (state.sought === "") return { ...state, message: "/ searches" };
  return seek(state, state.sought, by, false);
}

/**
 * Goes to the first step that has the text, from this place on (with it, if `here`) and once around. The steps that an
 * open question hides are not searched.
 */
function seek(state: State, text: string, by: 1 | -1, here: boolean): State {
  const { at, recording } = state;
  const { length } = recording.steps;
  const wanted = text.toLowerCase();
  // The introduction and the end are the same place on the way around.
  const start = by === 1 && at === length ? -1 : by === -1 && at === -1 ? length : at;
  const hidden = nextHidden(state);
  for (let i = here && start >= 0 ? 0 : 1; i <= length; i++) {
    const index = (start + by * i + length) % length;
    const step = recording.steps[index];
    if (step === undefined || index >= hidden || !wordsOf(step).includes(wanted)) continue;
    const around = by === 1 ? index < start : index > start;
    return { ...go(state, index), message: around ? "The search went around." : "" };
  }
  const until = hidden < length ? ` before the question of step ${stepNumber(hidden)}` : "";
  return { ...state, message: `"${text}" is in no step${until}.` };
}

/** What is searched in. */
function wordsOf({ lane, kind, title, why, observer }: Step): string {
  return narrow([lane, kind, title, why, observer ?? ""].join(" ")).toLowerCase();
}
