import { fit } from "../../../page/fit.ts";
import type { Html } from "../../../page/html.ts";
import { embedJson } from "../../../page/json.ts";
import { Annotator } from "../../annotate.ts";
import { Moments } from "../../moment.ts";
import type { Question, Recording, Step } from "../../recording.ts";
import { byStep } from "../told.ts";
import { cutCode, cutLane, cutQuestion, cutStep, ShortNames } from "./cut.ts";
import { renderRow } from "./row.ts";

// How many bytes of the page each kind of thing takes at most.
const LANES = 60_000;
const CODE = 100_000;
const QUESTIONS = 60_000;
const ARROWS = 40_000;
const STEPS = 900_000;

/** More steps than these never fit. */
const MOST_STEPS = 10_000;

/** What a page has of a recording. */
export interface Kept {
  readonly recording: Recording;
  /** For each step, its row in the table. */
  readonly rows: readonly Html[];
  /** How many of the last steps are left out, and how many lanes, questions and arrows of those that are kept. */
  readonly left: Readonly<Record<"steps" | "lanes" | "questions" | "arrows", number>>;
}

/** From the first step on, as many as a page bears. */
export function keep(recording: Recording, constants: ReadonlyMap<string, bigint>): Kept {
  const names = new ShortNames();
  const lanes = fitting(recording.lanes, (lane) => cutLane(lane, names), LANES);
  const code = fitting(recording.code, (each) => cutCode(each, names), CODE);
  const asked = fitting(recording.questions, cutQuestion, QUESTIONS);
  const isKept = new Set(lanes.map(({ id }) => id));
  const cut = recording.steps.slice(0, MOST_STEPS).map((step) => cutStep(step, names));
  const strange = cut.findIndex(({ lane, about }) => !isKept.has(lane) || !isKept.has(about));
  const whole = {
    ...recording,
    title: "",
    introduction: [],
    observed: [],
    end: [],
    lanes,
    code,
    steps: strange < 0 ? cut : cut.slice(0, strange),
  };
  const within = recording.arrows.filter(({ from, to }) => Math.max(from, to) < whole.steps.length);
  const rows = renderRows({ ...whole, arrows: within }, asked, constants);
  const steps = whole.steps.slice(0, rows.length);
  const isThere = (index: number) => index < steps.length;
  const here = recording.arrows.filter(({ from, to }) => isThere(from) && isThere(to));
  const arrows = fitting(
    here,
    ({ label, ...rest }) => ({ ...rest, label: label.slice(0, 60) }),
    ARROWS,
  );
  const questions = asked.filter(({ step }) => isThere(step));
  return {
    recording: { ...whole, steps, arrows, questions },
    rows,
    left: {
      steps: recording.steps.length - steps.length,
      lanes: recording.lanes.length - lanes.length,
      questions: recording.questions.length - asked.length,
      arrows: here.length - arrows.length,
    },
  };
}

/** A row for each step, as many as a page bears together with the steps themselves. */
function renderRows(
  recording: Recording,
  asked: readonly Question[],
  constants: ReadonlyMap<string, bigint>,
): Html[] {
  const moments = new Moments({ ...recording, questions: [] });
  const annotator = new Annotator(moments, constants);
  const questions = byStep(asked, ({ step }) => step);
  const rows: Html[] = [];
  let rest = STEPS;
  for (const [index, step] of recording.steps.entries()) {
    const own = questions.get(index) ?? [];
    const row = renderRow({ step, index, questions: own, moments, annotator });
    rest -= embeddedSize(step) + size(row);
    if (rest < 0) break;
    rows.push(row);
  }
  return rows;
}

/** The first of some things, made shorter, as many as fit. */
function fitting<T extends object>(
  things: readonly T[],
  shorten: (thing: T) => T,
  bytes: number,
): T[] {
  const short: T[] = [];
  const render = (thing: T) => embedJson("", short[short.push(shorten(thing)) - 1] ?? thing);
  const { length } = fit(things, render, bytes);
  return short.slice(0, length);
}

const size = ({ markup }: Html) => Buffer.byteLength(markup);
const embeddedSize = (step: Step) => size(embedJson("", step));
