/* The page at work: what is chosen, what the model says of it, and the elements of page.html that show and change it. */

import { ACTS, PRECAUTIONS, PROPERTIES } from "../../labs/check/birth.ts";
import { type BirthReport, checkBirth, planOf } from "../../labs/check/check.ts";
import { TaskModel } from "../../labs/check/model.ts";
import {
  follow,
  OUTSIDE,
  rulesOf,
  type Step,
  type Turn,
  turnsAfter,
} from "../../labs/check/schedule.ts";
import { drawStage, type Node } from "../../labs/record/stage/svg.ts";
import { count, counted } from "../../lib/page/figures.ts";
import { element, make } from "../registers/elements.ts";
import { linkOf } from "../source_link.ts";
import * as own from "./choice.ts";
import { codeOf } from "./code.ts";
import { stageOf } from "./scene.ts";

const { constants, PUZZLES } = own;

/** The rules of assembly/tasks/, which the build defines. */
declare const TASK_RULES: readonly { id: string; number: number; text: string; source: string }[];

/** Milliseconds for a step that is played. */
const PACE = 1400;
/** Pixels beside the stage in a window without columns, and in columns. */
const [NARROW, BESIDE] = [42, 690];
const SOLVED = "stublab.puzzles/1";

const model = new TaskModel();
let choice: own.Choice = own.FIRST;
/** What the explorer says of the choice; undefined while it is at work. */
let report: BirthReport | undefined;
/** Why it says nothing. */
let refusal = "";
let steps: readonly Step[] = [];
let turns: readonly Turn[] = [];
let timer: ReturnType<typeof setInterval> | undefined;
let isBack = false;
const solved = new Set<number>(kept());

const at = (id: string) => element(HTMLElement, id);
const plan = () => planOf(own.optionsOf(choice));
const puzzle = () => PUZZLES[choice.puzzle ?? -1];
/** The property to break; -1: none. */
const goal = (breaks = puzzle()?.breaks) =>
  breaks === undefined ? -1 : PROPERTIES.indexOf(breaks);
const scheduleOf = (property: number) => report?.verdicts[property]?.schedule;

/** Changes what is under test: the schedule begins anew, and the model answers after the page has shown the change. */
function change(next: own.Choice): void {
  stop();
  choice = next;
  report = undefined;
  refusal = "";
  show();
  requestAnimationFrame(() => setTimeout(() => choice === next && explore()));
}

function explore(): void {
  try {
    report = checkBirth(own.optionsOf(choice), model);
  } catch (error) {
    refusal = error instanceof Error ? `${error.message}.` : String(error);
  }
  const { shown, moves } = choice;
  if (shown !== undefined && moves.length === 0 && puzzle() === undefined) load(shown);
  else show();
}

/** Shows the shortest schedule that breaks a property, from its beginning; none if the property holds. */
function load(property: number): void {
  const schedule = scheduleOf(property);
  const shown = schedule === undefined ? undefined : property;
  choice = { ...choice, shown, moves: (schedule ?? []).map(({ number }) => number), at: 0 };
  show();
}

/** Goes to a step. */
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
  if (timer !== undefined) {
    stop();
    show();
    return;
  }
  if (choice.at >= steps.length) go(0);
  timer = setInterval(() => {
    if (choice.at + 1 >= steps.length) stop();
    go(choice.at + 1);
  }, PACE);
  go(choice.at + 1);
}

/** Lets somebody run, after the step that is shown: what came after it before is forgotten, unless it is the same. */
function take({ actor, text, moves }: Turn): void {
  stop();
  const next = steps[choice.at];
  if (next?.actor === actor && next.text === text) {
    go(choice.at + 1);
    return;
  }
  choice = { ...choice, shown: undefined, moves: [...made(), ...moves] };
  isBack = false;
  choice = { ...choice, at: follow(model, plan(), choice.moves, constants).steps.length };
  show();
}

/** The moves up to the step that is shown. */
const made = () =>
  choice.at >= steps.length ? choice.moves : choice.moves.slice(0, steps[choice.at - 1]?.end ?? 0);

function show(): void {
  const followed = follow(model, plan(), choice.moves, constants);
  steps = followed.steps;
  turns = turnsAfter(model, plan(), made(), constants);
  const step = steps[choice.at - 1];
  showChoice();
  showStage(step, step?.after ?? followed.begin);
  showStep(step);
  showTurns(step);
  showProperties(step);
  history.replaceState(null, "", `#${own.fragmentOf(choice)}`);
}

function showStage(step: Step | undefined, tasks: Step["after"]): void {
  const acted = steps.slice(0, choice.at).filter(({ actor }) => actor === OUTSIDE).length;
  const left = choice.acts === 0 || choice.outside.length === 0 ? undefined : choice.acts - acted;
  const width = innerWidth < 1024 ? innerWidth - NARROW : Math.min(innerWidth, 1600) - BESIDE;
  const theatre = at("theatre");
  theatre.classList.toggle("still", isBack);
  theatre.replaceChildren(
    drawn(drawStage(stageOf({ tasks, step, turns, left }, constants), { width })),
  );
  at("place").textContent = `${choice.at} / ${steps.length}`;
  at("play").textContent = timer === undefined ? "Play" : "Pause";
  const disabled = {
    first: choice.at === 0,
    back: choice.at === 0,
    next: choice.at >= steps.length,
    last: choice.at >= steps.length,
    play: steps.length === 0,
  };
  for (const [id, is] of Object.entries(disabled)) element(HTMLButtonElement, id).disabled = is;
}

function drawn({ tag, attributes, children }: Node): Element {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  made.append(...children.map((child) => (typeof child === "string" ? child : drawn(child))));
  return made;
}

function showStep(step: Step | undefined): void {
  if (step === undefined) {
    const text = "The shell has started the host, which is about to fork a stub.";
    at("step").replaceChildren(make("p", {}, text));
    return;
  }
  const { actor, text, changes } = step;
  const code = codeOf(step);
  const rules = rulesOf(model, plan(), choice.moves, step).flatMap((number) => {
    const rule = TASK_RULES.find((it) => it.number === number);
    if (rule === undefined) return [];
    const link = make("a", { href: linkOf(rule.source) }, rule.source.replace(/, [\d.]+$/, ""));
    return [
      make(
        "li",
        {},
        make("b", {}, rule.id),
        make("span", {}, `${rule.text} `, make("small", {}, link)),
      ),
    ];
  });
  at("step").replaceChildren(
    make("h2", {}, `${choice.at}. ${actor}: ${text}`),
    ...changes.map((change) => make("p", {}, `→ ${change}`)),
    ...(code === undefined
      ? []
      : [
          make(
            "p",
            {},
            make("code", {}, code.line),
            make("small", {}, ` ${code.function}, ${code.file}`),
          ),
        ]),
    ...(rules.length > 0 ? [make("ul", { "aria-label": "Rules that decide it" }, ...rules)] : []),
  );
}

function showTurns(step: Step | undefined): void {
  const next = steps[choice.at];
  const buttons = turns.map((turn, i) => {
    const isNext = next?.actor === turn.actor && next.text === turn.text;
    const attributes = { type: "button", "aria-current": isNext ? "step" : undefined };
    const button = make(
      "button",
      attributes,
      make("b", {}, turn.actor),
      make("span", {}, turn.text),
      make("kbd", {}, `${i + 1}`),
    );
    button.addEventListener("click", () => take(turn));
    return button;
  });
  const none = make("p", { class: "soft" }, step === undefined ? "" : "Nobody can run any more.");
  const [legend] = at("turns").children;
  at("turns").replaceChildren(
    ...(legend ? [legend] : []),
    ...(buttons.length > 0 ? buttons : [none]),
  );
  const rows = steps.map(({ actor, text, changes }, i) => {
    const button = make("button", { type: "button" }, `${actor}: ${text}`);
    button.addEventListener("click", () => go(i + 1));
    const told = changes.map((change) => make("small", {}, `→ ${change}`));
    return make(
      "li",
      { "aria-current": i + 1 === choice.at ? "step" : undefined },
      button,
      ...told,
    );
  });
  at("steps").replaceChildren(...rows);
}

function showProperties(step: Step | undefined): void {
  const target = goal();
  const isNow = (i: number) => step !== undefined && ((step.broken >> i) & 1) === 1;
  const rows = PROPERTIES.flatMap((property, i) => {
    if (target >= 0 && i !== target) return [];
    const schedule = target >= 0 ? undefined : scheduleOf(i);
    const isBroken = target >= 0 ? isNow(i) : schedule !== undefined;
    const row = make(
      "li",
      { class: isBroken ? "broken" : target < 0 && report ? "held" : "" },
      property,
    );
    if (schedule !== undefined) {
      const button = make(
        "button",
        { type: "button", "aria-label": `Show how: ${property}` },
        choice.shown === i ? "shown" : "show how",
      );
      button.addEventListener("click", () => {
        load(i);
        play();
      });
      row.append(isNow(i) ? make("small", {}, " broken now") : "", button);
    }
    return [row];
  });
  at("properties").replaceChildren(...rows);
  at("bench").classList.toggle("stale", report === undefined);
  at("goal").textContent = target >= 0 ? "Break this" : "Properties";
  at("solve").hidden = target < 0;
  at("count").replaceChildren(target >= 0 ? score(isNow(target)) : told());
  const broken = report?.verdicts.filter(({ schedule }) => schedule !== undefined).length ?? 0;
  at("show").hidden = target >= 0 || broken === 0;
}

/** What the explorer says. */
function told(): string {
  if (report === undefined) return refusal;
  return `${counted(report.states, "state")} of host and stub, in every order.`;
}

function score(isBroken: boolean): HTMLElement | string {
  const { shortest = 0 } = puzzle() ?? {};
  const best = `The shortest solution has ${count(shortest)} steps.`;
  if (!isBroken)
    return turns.length === 0 ? `It holds, and nobody can run any more. Go back. ${best}` : best;
  if (choice.puzzle !== undefined && choice.shown === undefined) keep(choice.puzzle);
  const isBest = steps.length <= shortest ? "No order is shorter." : best;
  return make("span", { class: "won" }, `Broken, in ${counted(choice.at, "step")}. ${isBest}`);
}

function kept(): number[] {
  try {
    return JSON.parse(localStorage.getItem(SOLVED) ?? "[]");
  } catch {
    return [];
  }
}

function keep(index: number): void {
  solved.add(index);
  try {
    localStorage.setItem(SOLVED, JSON.stringify([...solved]));
  } catch {
    // Nothing can be kept here.
  }
  showChoice();
}

// ---- What is chosen ----

const toggled = (all: readonly string[], name: string) =>
  all.includes(name) ? all.filter((it) => it !== name) : [...all, name];

/** Boxes of a set, each checked if the choice has it. */
const boxes: { box: HTMLInputElement; isChecked: () => boolean }[] = [];

function addBoxes(
  id: string,
  rows: readonly { name: string; text?: string }[],
  isChecked: (name: string) => boolean,
  toggle: (name: string) => void,
): void {
  for (const { name, text } of rows) {
    const box = make("input", { type: "checkbox", name });
    box.addEventListener("change", () => toggle(name));
    boxes.push({ box, isChecked: () => isChecked(name) });
    at(id).append(make("label", {}, box, ` ${name}`, make("small", {}, text ?? "")));
  }
}

function showChoice(): void {
  for (const { box, isChecked } of boxes) box.checked = isChecked();
  element(HTMLSelectElement, "signal").value = choice.signal;
  element(HTMLSelectElement, "acts").value = `${choice.acts}`;
  const isFixed = puzzle() !== undefined;
  for (const each of document.querySelectorAll<HTMLInputElement | HTMLSelectElement>(
    ".choices :is(input, select)",
  ))
    each.disabled = isFixed;
  const missing = PRECAUTIONS.filter(({ name }) => choice.omit.includes(name));
  const sentences = missing.map(({ text }) => text.replace(/ \(.*/, ""));
  const free =
    missing.length === 0 ? "No precaution is missing." : `Left out: ${sentences.join("; ")}.`;
  const about = puzzle()?.about ?? free;
  if (at("about").textContent !== about) at("about").textContent = about;
  for (const [i, button] of [...at("puzzles").querySelectorAll("button")].entries()) {
    button.ariaPressed = `${i - 1 === (choice.puzzle ?? -1)}`;
    button.classList.toggle("done", solved.has(i - 1));
  }
}

function addSelect(id: string, values: readonly string[], choose: (value: string) => void): void {
  const select = element(HTMLSelectElement, id);
  select.append(...values.map((value) => make("option", { value }, value)));
  select.addEventListener("change", () => choose(select.value));
}

/** Fills the page, and shows what its link has. */
export function start(): void {
  const anew = (next: Partial<own.Choice>) => change({ ...choice, moves: [], at: 0, ...next });
  addBoxes(
    "precautions",
    PRECAUTIONS,
    (name) => !choice.omit.includes(name),
    (name) => anew({ omit: toggled(choice.omit, name) }),
  );
  addBoxes(
    "waits",
    Object.keys(own.WAIT_OPTIONS).map((name) => ({ name })),
    (name) => choice.wait.includes(name),
    (name) => anew({ wait: toggled(choice.wait, name) }),
  );
  addBoxes(
    "outside",
    ACTS,
    (name) => choice.outside.includes(name),
    (name) => anew({ outside: toggled(choice.outside, name) }),
  );
  addSelect("signal", own.SIGNALS, (signal) => anew({ signal }));
  addSelect(
    "acts",
    Array.from({ length: own.MOST_ACTS + 1 }, (_, i) => `${i}`),
    (acts) => anew({ acts: Number(acts) }),
  );
  for (const [i, title] of ["Choose freely", ...PUZZLES.map(({ title }) => title)].entries()) {
    const button = make("button", { type: "button" }, i === 0 ? title : `${i}. ${title}`);
    button.addEventListener("click", () => change(i === 0 ? own.FIRST : own.puzzleChoice(i - 1)));
    at("puzzles").append(button);
  }
  const keys: Readonly<Record<string, () => void>> = {
    Home: () => go(0),
    ArrowLeft: () => go(choice.at - 1),
    ArrowRight: () => go(choice.at + 1),
    End: () => go(steps.length),
  };
  const buttons = { first: keys.Home, back: keys.ArrowLeft, next: keys.ArrowRight, last: keys.End };
  for (const [id, act] of Object.entries(buttons))
    at(id).addEventListener("click", () => {
      stop();
      act?.();
    });
  at("play").addEventListener("click", play);
  at("show").addEventListener("click", () => {
    load(report?.verdicts.findIndex(({ schedule }) => schedule !== undefined) ?? 0);
    play();
  });
  at("solve").addEventListener("click", () => {
    load(goal());
    play();
  });
  at("copy").addEventListener("click", async () => {
    const done = navigator.clipboard.writeText(location.href).then(() => "Copied.");
    at("copied").textContent = await done.catch(() => "The browser does not allow it.");
  });
  document.addEventListener("keydown", (event) => {
    const isOther =
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      (event.target instanceof Element && event.target.matches("select"));
    const turn = turns[Number(event.key) - 1];
    const act = keys[event.key] ?? (turn && (() => take(turn)));
    if (isOther || act === undefined) return;
    event.preventDefault();
    stop();
    act();
  });
  addEventListener("resize", () => show());
  addEventListener("hashchange", () => change(own.choiceOf(location.hash.slice(1))));
  change(own.choiceOf(location.hash.slice(1)));
  at("bench").hidden = false;
}
