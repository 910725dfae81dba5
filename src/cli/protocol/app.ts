/* The page at work: what is chosen, what the model says of it, and the schedule that is shown. */

import { PROPERTIES } from "../../labs/check/birth.ts";
import { type BirthReport, checkBirth, planOf } from "../../labs/check/check.ts";
import { TaskModel } from "../../labs/check/model.ts";
import {
  follow,
  OUTSIDE,
  type Schedule,
  type Step,
  type Turn,
  turnsAfter,
} from "../../labs/check/schedule.ts";
import { drawStage, type Node } from "../../labs/record/stage/svg.ts";
import { element } from "../registers/elements.ts";
import * as own from "./choice.ts";
import { stageOf } from "./scene.ts";
import {
  at,
  fillChoices,
  showChoice,
  showProperties,
  showStep,
  showSteps,
  showTurns,
} from "./view.ts";

const { PUZZLES } = own;

/** Milliseconds for a step that is played. */
const PACE = 1400;
/** Windows narrower than this have no columns; and pixels beside the stage in either. */
const [PHONE, NARROW, BESIDE] = [1024, 42, 690];
const SOLVED = "stublab.puzzles/1";

const model = new TaskModel();
let choice: own.Choice = own.FIRST;
/** What the explorer says of the choice, or why it says nothing; undefined while it is at work. */
let report: BirthReport | string | undefined;
let steps: readonly Step[] = [];
let turns: readonly Turn[] = [];
let timer: ReturnType<typeof setInterval> | undefined;
let isBack = false;
let solved = solvedWith([]);

/** What is shown, or its first moves. */
const schedule = (moves = choice.moves): Schedule => {
  return { model, plan: planOf(own.optionsOf(choice)), moves, constants: own.constants };
};
/** The moves up to the step that is shown. */
const made = () =>
  choice.at < steps.length ? choice.moves.slice(0, steps[choice.at - 1]?.end ?? 0) : choice.moves;
const movesOf = (property: number) => scheduleOf(property)?.map(({ number }) => number) ?? [];
const isBroken = (property: number) =>
  (((steps[choice.at - 1]?.broken ?? 0) >> property) & 1) === 1;
const scheduleOf = (property: number) =>
  typeof report === "object" ? report.verdicts[property]?.schedule : undefined;

/** The property to break; undefined if there is no puzzle. */
function goal(): number | undefined {
  const breaks = PUZZLES[choice.puzzle ?? -1]?.breaks;
  return breaks === undefined ? undefined : PROPERTIES.indexOf(breaks);
}

/** Changes what is under test. The model answers after the page has shown the change. */
function change(next: own.Choice): void {
  stop();
  choice = next;
  report = undefined;
  at("bench").ariaBusy = "true";
  show();
  requestAnimationFrame(() => setTimeout(() => choice === next && explore()));
}

function explore(): void {
  try {
    report = checkBirth(own.optionsOf(choice), model);
  } catch (error) {
    report = error instanceof Error ? `${error.message}.` : String(error);
  }
  at("bench").ariaBusy = null;
  const { shown, moves } = choice;
  if (shown !== undefined && moves.length === 0) load(shown);
  else show();
}

/** Shows the shortest schedule that breaks a property, from its beginning; none if the property holds. */
function load(property: number): void {
  const moves = movesOf(property);
  choice = { ...choice, shown: moves.length === 0 ? undefined : property, moves, at: 0 };
  show();
}

function go(to: number): void {
  const next = Math.max(0, Math.min(to, steps.length));
  isBack = next < choice.at;
  choice = { ...choice, at: next };
  show();
}

function stop(): void {
  clearInterval(timer);
  timer = undefined;
}

function play(): void {
  if (choice.at >= steps.length) go(0);
  stop();
  timer = setInterval(() => {
    if (choice.at + 1 >= steps.length) stop();
    go(choice.at + 1);
  }, PACE);
  go(choice.at + 1);
}

function loadAndPlay(property: number): void {
  load(property);
  play();
}

/** Lets somebody run after the step that is shown. What came after it is forgotten, unless it is the same. */
function take({ actor, text, moves }: Turn): void {
  stop();
  const next = steps[choice.at];
  if (next?.actor !== actor || next.text !== text) {
    choice = { ...choice, shown: undefined, moves: [...made(), ...moves] };
    steps = follow(schedule()).steps;
  }
  // Of a move one may see nothing.
  go(choice.at + 1);
}

function show(): void {
  const followed = follow(schedule());
  steps = followed.steps;
  turns = turnsAfter(schedule(made()));
  const step = steps[choice.at - 1];
  const target = goal();
  const isSolved = target !== undefined && isBroken(target);
  if (isSolved && choice.shown === undefined) solved = solvedWith([choice.puzzle ?? 0]);
  showChoice(choice, solved);
  showStage(step, step?.after ?? followed.begin);
  showTurns(turns, steps[choice.at], take);
  showStep(steps, choice.at, schedule());
  showProperties({
    choice,
    report,
    target,
    isBroken,
    shortest: follow(schedule(movesOf(target ?? -1))).steps.length,
    isStuck: turns.length === 0,
    show: loadAndPlay,
  });
  showSteps(steps, choice.at, go);
  const isEnd = choice.at >= steps.length;
  const disabled = { first: choice.at === 0, back: choice.at === 0, next: isEnd, last: isEnd };
  for (const [id, is] of Object.entries({ ...disabled, play: steps.length === 0 }))
    element(HTMLButtonElement, id).disabled = is;
  at("place").textContent = `${choice.at} / ${steps.length}`;
  at("play").textContent = timer === undefined ? "Play" : "Pause";
  history.replaceState(null, "", `#${own.fragmentOf(choice)}`);
}

function showStage(step: Step | undefined, tasks: Step["after"]): void {
  const { acts, sets } = choice;
  const acted = steps.slice(0, choice.at).filter(({ actor }) => actor === OUTSIDE).length;
  const left = acts === 0 || sets.outside.length === 0 ? undefined : acts - acted;
  const width =
    innerWidth < PHONE ? Math.max(240, innerWidth - NARROW) : Math.min(innerWidth, 1600) - BESIDE;
  const stage = drawStage(stageOf({ tasks, step, turns, left }, own.constants), { width });
  at("theatre").classList.toggle("still", isBack);
  at("theatre").replaceChildren(drawn(stage));
}

function drawn({ tag, attributes, children }: Node): Element {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  made.append(...children.map((child) => (typeof child === "string" ? child : drawn(child))));
  return made;
}

/** The puzzles that are solved, with some more. A browser may refuse to keep them. */
function solvedWith(more: readonly number[]): readonly number[] {
  try {
    const kept: number[] = JSON.parse(localStorage.getItem(SOLVED) ?? "[]");
    const all = [...new Set([...kept, ...more])];
    localStorage.setItem(SOLVED, JSON.stringify(all));
    return all;
  } catch {
    return more;
  }
}

/** What keys and buttons do. */
const ACTIONS: Readonly<Record<string, () => void>> = {
  Home: () => go(0),
  ArrowLeft: () => go(choice.at - 1),
  ArrowRight: () => go(choice.at + 1),
  End: () => go(steps.length),
  show: () => loadAndPlay(PROPERTIES.findIndex((_, i) => scheduleOf(i) !== undefined)),
  solve: () => loadAndPlay(goal() ?? 0),
};
const BUTTONS = {
  ...{ first: "Home", back: "ArrowLeft", next: "ArrowRight", last: "End" },
  ...{ show: "show", solve: "solve" },
};

function press(event: KeyboardEvent): void {
  const { key, target } = event;
  const isOther = event.ctrlKey || event.metaKey || event.altKey;
  const turn = turns[Number(key) - 1];
  const act = /[A-Z]/.test(key) ? ACTIONS[key] : turn && (() => take(turn));
  if (isOther || act === undefined || (target instanceof Element && target.matches("select")))
    return;
  event.preventDefault();
  stop();
  act();
}

/** Fills the page, and shows what its link has. */
export function start(): void {
  fillChoices(
    () => choice,
    (next) => change({ ...choice, moves: [], at: 0, ...next }),
  );
  for (const [id, action] of Object.entries(BUTTONS))
    at(id).addEventListener("click", () => {
      stop();
      ACTIONS[action]?.();
    });
  at("play").addEventListener("click", () => {
    if (timer === undefined) play();
    else {
      stop();
      show();
    }
  });
  at("copy").addEventListener("click", async () => {
    const done = navigator.clipboard.writeText(location.href).then(() => "Copied.");
    at("copied").textContent = await done.catch(() => "The browser does not allow it.");
  });
  document.addEventListener("keydown", press);
  addEventListener("resize", show);
  addEventListener("hashchange", () => location.reload());
  change(own.choiceOf(location.hash.slice(1)));
  at("bench").hidden = false;
}
