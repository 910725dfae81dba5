/* The parts of page.html beside the stage: what is chosen, the step that is shown, who may run next, and properties. */

import { ENDS, PROPERTIES } from "../../labs/check/birth.ts";
import type { BirthReport } from "../../labs/check/check.ts";
import { rulesOf, type Schedule, type Step, type Turn } from "../../labs/check/schedule.ts";
import { counted } from "../../lib/page/figures.ts";
import { element, make } from "../registers/elements.ts";
import { linkOf } from "../source_link.ts";
import { type Choice, FIRST, MOST_ACTS, PUZZLES, puzzleChoice, SETS, SIGNALS } from "./choice.ts";
import { codeOf } from "./code.ts";

/** The rules of assembly/tasks/, which the build defines. */
declare const TASK_RULES: readonly { id: string; number: number; text: string; source: string }[];

export const at = (id: string): HTMLElement => element(HTMLElement, id);

type Attributes = Parameters<typeof make>[1];

function button(act: () => void, attributes: Attributes, ...children: (string | Node)[]) {
  const made = make("button", { type: "button", ...attributes }, ...children);
  made.addEventListener("click", act);
  return made;
}

/** Replaces what is in an element. The button that has the focus is found again by its place. */
function refill(id: string, ...children: (string | Node)[]): void {
  const buttons = () => [...at(id).querySelectorAll("button")];
  const focused = buttons().findIndex((each) => each.matches(":focus"));
  at(id).replaceChildren(...children);
  if (focused >= 0)
    buttons()
      .at(Math.min(focused, buttons().length - 1))
      ?.focus();
}

// ---- What is chosen ----

type Select = readonly [values: readonly string[], chosen: (value: string) => Partial<Choice>];

/** Each box, and whether a choice checks it. */
const boxes: (readonly [HTMLInputElement, (choice: Choice) => boolean])[] = [];
const puzzles = [FIRST, ...PUZZLES.map((_, i) => puzzleChoice(i))];

/** Fills the fields. @param change is given what is chosen anew */
export function fillChoices(choice: () => Choice, change: (next: Partial<Choice>) => void): void {
  for (const key of ["omit", "outside", "wait"] as const) {
    for (const { name, text } of SETS[key]) {
      const box = make("input", { type: "checkbox", name });
      box.addEventListener("change", () => {
        const { sets } = choice();
        const others = sets[key].filter((other) => other !== name);
        const isChosen = others.length < sets[key].length;
        change({ sets: { ...sets, [key]: isChosen ? others : [...others, name] } });
      });
      boxes.push([box, ({ sets }) => sets[key].includes(name) !== (key === "omit")]);
      at(key).append(make("label", {}, box, ` ${name}`, make("small", {}, text)));
    }
  }
  const numbers = Array.from({ length: MOST_ACTS + 1 }, (_, i) => `${i}`);
  const untilOf = (value: string) => ENDS.find((end) => end === value) ?? FIRST.until;
  const selects: Readonly<Record<string, Select>> = {
    until: [ENDS, (value) => ({ until: untilOf(value) })],
    signal: [SIGNALS, (signal) => ({ signal })],
    acts: [numbers, (acts) => ({ acts: Number(acts) })],
  };
  for (const [id, [values, chosen]] of Object.entries(selects)) {
    const select = element(HTMLSelectElement, id);
    select.append(...values.map((value) => make("option", { value }, value)));
    select.addEventListener("change", () => change(chosen(select.value)));
  }
  const titles = ["Choose freely", ...PUZZLES.map(({ title }, i) => `${i + 1}. ${title}`)];
  at("puzzles").append(
    ...titles.map((title, i) => button(() => change(puzzles[i] ?? FIRST), {}, title)),
  );
}

/** @param solved indices of puzzles */
export function showChoice(choice: Choice, solved: readonly number[]): void {
  const puzzle = PUZZLES[choice.puzzle ?? -1];
  for (const [box, isChecked] of boxes) box.checked = isChecked(choice);
  for (const id of ["until", "signal", "acts"] as const)
    element(HTMLSelectElement, id).value = `${choice[id]}`;
  element(HTMLFieldSetElement, "choices").disabled = puzzle !== undefined;
  const missing = SETS.omit.filter(({ name }) => choice.sets.omit.includes(name));
  const texts = missing.map(({ text }) => text.replace(/ \(.*/, ""));
  const free = texts.length === 0 ? "No precaution is left out." : `Left out: ${texts.join("; ")}.`;
  const about = puzzle?.about ?? free;
  // The same text is not said again.
  if (at("about").textContent !== about) at("about").textContent = about;
  for (const [i, each] of [...at("puzzles").querySelectorAll("button")].entries()) {
    each.ariaPressed = `${i - 1 === (choice.puzzle ?? -1)}`;
    each.classList.toggle("done", solved.includes(i - 1));
  }
}

// ---- The schedule ----

/** @param next the step that comes next in the schedule */
export function showTurns(
  turns: readonly Turn[],
  next: Step | undefined,
  take: (turn: Turn) => void,
): void {
  const buttons = turns.map((turn, i) => {
    const isNext = next?.actor === turn.actor && next.text === turn.text;
    const parts = [
      make("b", {}, turn.actor),
      make("span", {}, turn.text),
      make("kbd", {}, `${i + 1}`),
    ];
    return button(() => take(turn), { "aria-current": isNext ? "step" : undefined }, ...parts);
  });
  refill("turns", ...(buttons.length > 0 ? buttons : ["Nobody can run any more."]));
}

/** Shows what a step does, its line of code, and the rules that decide it. @param number of the step; 0: none */
export function showStep(steps: readonly Step[], number: number, schedule: Schedule): void {
  const step = steps[number - 1];
  if (step === undefined) {
    refill("step", "The shell has started the host, which is about to fork a stub.");
    return;
  }
  const code = codeOf(steps, number - 1);
  const where = code && make("small", {}, ` ${code.function}, ${code.file}`);
  const numbers = rulesOf(schedule, step);
  const rules = TASK_RULES.filter((rule) => numbers.includes(rule.number));
  const rows = rules.map(({ id, text, source }) => {
    const link = make("a", { href: linkOf(source) }, source.replace(/, [\d.]+$/, ""));
    return make("li", {}, make("b", {}, id), make("span", {}, `${text} `, make("small", {}, link)));
  });
  refill(
    "step",
    make("h2", {}, `${number}. ${step.actor}: ${step.text}`),
    ...step.changes.map((change) => make("p", {}, `→ ${change}`)),
    ...(code && where ? [make("p", {}, make("code", {}, code.line), where)] : []),
    ...(rows.length > 0
      ? [make("p", { class: "soft" }, "Decided by"), make("ul", {}, ...rows)]
      : []),
  );
}

export function showSteps(steps: readonly Step[], shown: number, go: (to: number) => void): void {
  const rows = steps.map(({ actor, text, changes }, i) => {
    const told = changes.map((change) => make("small", {}, `→ ${change}`));
    const current = i + 1 === shown ? "step" : undefined;
    return make(
      "li",
      { "aria-current": current },
      button(() => go(i + 1), {}, `${actor}: ${text}`),
      ...told,
    );
  });
  refill("steps", ...rows);
}

// ---- Properties ----

interface Verdicts {
  readonly choice: Choice;
  readonly report: BirthReport | string | undefined;
  /** The property to break. */
  readonly target: number | undefined;
  /** Whether a property is broken at the step that is shown. */
  readonly isBroken: (property: number) => boolean;
  /** How many steps the explorer's schedule for it has. */
  readonly shortest: number;
  /** Whether nobody can run after it. */
  readonly isStuck: boolean;
  readonly show: (property: number) => void;
}

export function showProperties(verdicts: Verdicts): void {
  const { choice, report, target, isBroken, show } = verdicts;
  const isKnown = typeof report === "object";
  const broken = isKnown ? report.verdicts.map(({ schedule }) => schedule !== undefined) : [];
  const rows = PROPERTIES.flatMap((property, i) => {
    if (target !== undefined) {
      return i === target ? make("li", { class: isBroken(i) ? "broken" : "" }, property) : [];
    }
    if (broken[i] !== true) return make("li", { class: isKnown ? "held" : "" }, property);
    const pressed = {
      "aria-label": `Show how: ${property}`,
      "aria-pressed": `${choice.shown === i}`,
    };
    const now = make("small", {}, isBroken(i) ? " broken now" : "");
    return make(
      "li",
      { class: "broken" },
      property,
      now,
      button(() => show(i), pressed, "Show how"),
    );
  });
  refill("properties", ...rows);
  at("bench").classList.toggle("stale", report === undefined);
  at("goal").textContent = target === undefined ? "Properties" : "Break this";
  at("show").hidden = target !== undefined || !broken.includes(true);
  at("solve").hidden = target === undefined;
  const states = isKnown
    ? `${counted(report.states, "state")}, by every order of steps.`
    : (report ?? "");
  at("count").textContent = target === undefined ? states : score(verdicts, isBroken(target));
}

function score({ choice, report, shortest, isStuck }: Verdicts, isSolved: boolean): string {
  const best = report === undefined ? "" : `The shortest solution has ${shortest} steps.`;
  if (!isSolved) return isStuck ? `It holds, and nobody can run any more: go back. ${best}` : best;
  return `Broken, in ${counted(choice.at, "step")}. ${choice.at > shortest ? best : "No order is shorter."}`;
}
