import { fit } from "../../../page/fit.ts";
import type { Html } from "../../../page/html.ts";
import { embedJson } from "../../../page/json.ts";
import type { Question, Recording, Step } from "../../recording.ts";
import { byStep, kernelChanges } from "../told.ts";
import { cutCode, cutLane, cutQuestion, cutStep, ShortNames } from "./cut.ts";
import { renderMark, stepWidth } from "./glyphs.ts";
import { renderRow } from "./row.ts";

// How many bytes of the page each kind of thing takes at most.
const LANES = 60_000;
const CODE = 100_000;
const QUESTIONS = 60_000;
const ARROWS = 40_000;
const STEPS = 900_000;

/** What a step takes below the slider. */
const TICK = 60;

/** What a page has of a recording. */
export interface Kept {
  readonly recording: Recording;
  /** For each step, its row in the table and its mark in the picture. */
  readonly rows: readonly Html[];
  readonly marks: readonly Html[];
  /** Pixels of each step in the picture. */
  readonly width: number;
  /** How many of the last steps are left out, and how many lanes, questions and arrows of those that are kept. */
  readonly left: Readonly<Record<"steps" | "lanes" | "questions" | "arrows", number>>;
}

/** From the first step on, as many as a page bears. */
export function keep(recording: Recording, signals: ReadonlyMap<string, bigint>): Kept {
  const names = new ShortNames();
  const lanes = fitting(recording.lanes, (lane) => cutLane(lane, names), LANES);
  const code = fitting(recording.code, (each) => cutCode(each, names), CODE);
  const asked = fitting(recording.questions, cutQuestion, QUESTIONS);
  const { steps, rows, marks } = keepSteps(recording.steps, {
    rank: new Map(lanes.map(({ id }, i) => [id, i])),
    names,
    questions: byStep(asked, ({ step }) => step),
    signals,
  });
  const isThere = (index: number) => index < steps.length;
  const here = recording.arrows.filter(({ from, to }) => isThere(from) && isThere(to));
  const arrows = fitting(
    here,
    ({ label, ...rest }) => ({ ...rest, label: label.slice(0, 60) }),
    ARROWS,
  );
  return {
    recording: {
      ...recording,
      title: "",
      introduction: [],
      observed: [],
      end: [],
      lanes,
      code,
      steps,
      arrows,
      questions: asked.filter(({ step }) => isThere(step)),
    },
    rows,
    marks,
    width: stepWidth(recording.steps.length),
    left: {
      steps: recording.steps.length - steps.length,
      lanes: recording.lanes.length - lanes.length,
      questions: recording.questions.length - asked.length,
      arrows: here.length - arrows.length,
    },
  };
}

interface Surroundings {
  /** The number of each lane that is kept. */
  readonly rank: ReadonlyMap<string, number>;
  readonly names: ShortNames;
  readonly questions: ReadonlyMap<number, readonly Question[]>;
  readonly signals: ReadonlyMap<string, bigint>;
}

function keepSteps(
  all: readonly Step[],
  { rank, names, questions, signals }: Surroundings,
): { steps: Step[]; rows: Html[]; marks: Html[] } {
  const kept: { steps: Step[]; rows: Html[]; marks: Html[] } = { steps: [], rows: [], marks: [] };
  const width = stepWidth(all.length);
  let rest = STEPS;
  for (const [index, whole] of all.entries()) {
    const step = cutStep(whole, names);
    const [lane, about] = [rank.get(step.lane), rank.get(step.about)];
    if (lane === undefined || about === undefined) break;
    kept.steps.push(step);
    const own = questions.get(index) ?? [];
    const changes = kernelChanges(kept, index, signals);
    const row = renderRow({ step, index, questions: own, changes });
    const mark = renderMark({ step, index, width, lane, about, asked: own.length > 0 });
    rest -= embeddedSize(step) + size(row) + size(mark) + TICK;
    if (rest < 0) {
      kept.steps.pop();
      break;
    }
    kept.rows.push(row);
    kept.marks.push(mark);
  }
  return kept;
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
