import { count } from "../../../../page/figures.ts";
import type { Arrow, Step } from "../../../recording.ts";
import { registerRows, stepNumber } from "../../told.ts";
import { callPane } from "./call.ts";
import { codePane } from "./code.ts";
import { element, told } from "./elements.ts";
import { kernelPane } from "./kernel.ts";
import { memoryPane } from "./memory.ts";
import type { Story } from "./story.ts";
import { registerTable } from "./words.ts";

/** Where a step is: its number, its lane, its kind and its time. */
export function whereabouts({ recording }: Story, index: number, secret: boolean): HTMLElement {
  const { steps } = recording;
  const step = steps[index];
  const number = `step ${stepNumber(index)} of ${steps.length}`;
  if (step === undefined) return element("p", { class: "where" }, number);
  const other = step.about === step.lane ? [] : [" → ", told(step.about)];
  const rest = secret
    ? []
    : [element("span", {}, step.kind), element("span", {}, `${count(step.microseconds)} µs`)];
  return element(
    "p",
    { class: "where" },
    element("span", {}, number),
    element("span", {}, element("b", {}, told(step.lane), ...other)),
    ...rest,
  );
}

/** All that is known of a step. */
export function stepParts(story: Story, index: number): HTMLElement[] {
  const { recording, signals } = story;
  const step = recording.steps[index];
  if (step === undefined) return [];
  const changes = [
    step.call === null ? undefined : callPane(step.call),
    registersPane(step),
    kernelPane(recording, index, signals),
  ];
  const surroundings = [codePane(recording, step), memoryPane(recording, index)];
  return [
    element("h2", { id: "step-title", tabindex: -1, class: "mono" }, told(step.title)),
    ...prose(step),
    ...arrowsOf(story, index),
    columns(changes, surroundings),
  ];
}

function columns(...sides: (readonly (HTMLElement | undefined)[])[]): HTMLElement {
  const filled = sides
    .map((side) => side.filter((pane) => pane !== undefined))
    .filter((side) => side.length > 0);
  return element("div", { class: "columns" }, ...filled.map((side) => element("div", {}, ...side)));
}

function prose({ why, observer }: Step): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (why !== "") parts.push(element("p", { class: "why" }, told(why)));
  if (observer !== null) {
    parts.push(
      element("p", { class: "observer" }, element("b", {}, "The observer: "), told(observer)),
    );
  }
  return parts;
}

function registersPane(step: Step): HTMLElement | undefined {
  const rows = registerRows(step);
  if (rows.length === 0) return undefined;
  const changed = rows.filter((row) => row.changed).length;
  const count = changed === 0 ? "none changed" : `${changed} changed`;
  return element(
    "section",
    {},
    element("h3", {}, "Registers of ", told(step.about), " ", element("small", {}, count)),
    registerTable("Registers", rows),
  );
}

/** Links to the other ends of the arrows that begin or end here. */
function arrowsOf({ recording, arrowsFrom, arrowsTo }: Story, index: number): HTMLElement[] {
  const link = ({ kind, label }: Arrow, other: number, way: string) => {
    const number = stepNumber(other);
    const lane = recording.steps[other]?.lane ?? "";
    const name = kind === label ? [kind] : [kind, ": ", told(label)];
    return element(
      "li",
      {},
      ...name,
      ` ${way} `,
      element("a", { href: `#step=${number}` }, `step ${number}`),
      " (",
      told(lane),
      ")",
    );
  };
  const items = [
    ...(arrowsTo.get(index) ?? []).map((arrow) => link(arrow, arrow.from, "from")),
    ...(arrowsFrom.get(index) ?? []).map((arrow) => link(arrow, arrow.to, "to")),
  ];
  return items.length === 0 ? [] : [element("ul", { class: "arrows" }, ...items)];
}
