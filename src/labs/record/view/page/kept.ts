import { grouped } from "../../../../lib/group.ts";
import { fit } from "../../../../lib/page/fit.ts";
import type { Html } from "../../../../lib/page/html.ts";
import { embedJson } from "../../../../lib/page/json.ts";
import type { Shape } from "../../../../lib/shape.ts";
import { Annotator } from "../../annotate.ts";
import { Moments } from "../../moment.ts";
import { type Question, type Recording, type Step, shapes } from "../../recording.ts";
import { Shortener } from "./cut.ts";
import { renderRow } from "./steps.ts";

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
  const shortener = new Shortener();
  /** The first of some things, made shorter, as many as fit. */
  const fitting = <T extends object>(things: readonly T[], shape: Shape<T>, bytes: number): T[] => {
    const short = things.map((thing) => shortener.cut(shape, thing));
    return short.slice(0, fit(short, (thing) => embedJson("", thing), bytes).length);
  };
  const lanes = fitting(recording.lanes, shapes.lane, LANES);
  const code = fitting(recording.code, shapes.code, CODE);
  const asked = fitting(recording.questions, shapes.question, QUESTIONS);
  const isKept = new Set(lanes.map(({ id }) => id));
  const cut = recording.steps
    .slice(0, MOST_STEPS)
    .map((step) => shortener.cut(shapes.step, withChanges(step)));
  const strange = cut.findIndex(({ lane, about }) => !isKept.has(lane) || !isKept.has(about));
  const whole = {
    ...recording,
    title: "",
    introduction: [],
    observed: [],
    discarded: [],
    end: [],
    lanes,
    code,
    steps: strange < 0 ? cut : cut.slice(0, strange),
  };
  const arrowsOf = (steps: readonly Step[]) =>
    recording.arrows.filter(({ from, to }) => Math.max(from, to) < steps.length);
  const rows = renderRows({ ...whole, arrows: arrowsOf(whole.steps) }, asked, constants);
  const steps = whole.steps.slice(0, rows.length);
  const here = arrowsOf(steps);
  const arrows = fitting(here, shapes.arrow, ARROWS);
  const questions = asked.filter(({ step }) => step < steps.length);
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

/** Of the registers before a step, those that it changes are enough. */
function withChanges(step: Step): Step {
  if (step.registers === null) return step;
  const { before, after } = step.registers;
  const changed = Object.entries(before).filter(([name, word]) => after[name] !== word);
  return { ...step, registers: { before: Object.fromEntries(changed), after } };
}

/** A row for each step, as many as a page bears together with the steps themselves. */
function renderRows(
  recording: Recording,
  asked: readonly Question[],
  constants: ReadonlyMap<string, bigint>,
): Html[] {
  const moments = new Moments({ ...recording, questions: [] });
  const annotator = new Annotator(moments, constants);
  const questions = grouped(asked, ({ step }) => step);
  const rows: Html[] = [];
  let rest = STEPS;
  for (const [index, step] of recording.steps.entries()) {
    const own = questions.get(index) ?? [];
    const row = renderRow({ step, index, questions: own, moments, annotator });
    rest -= size(embedJson("", step)) + size(row);
    if (rest < 0) break;
    rows.push(row);
  }
  return rows;
}

const size = ({ markup }: Html) => Buffer.byteLength(markup);
