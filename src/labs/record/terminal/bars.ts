// The first line and the last two: where the reader is, and what there is to do.

import { eventAt, eventsOf, stepsOf } from "../event.ts";
import { type Reading, seenStep, signOf } from "../reading.ts";
import { stepNumber } from "../tell.ts";
import { draw, fit, type Line, type Span, say } from "./frame.ts";
import { FOLDS, type State } from "./state.ts";

/** Which recording, and where in it one is. */
export function titleLine(state: State, width: number): Line {
  const { scenario, title } = state.recording;
  const place = ` ${placeOf(state)} `;
  const left = width - place.length;
  if (left < scenario.length + 2) return fit([say(place, "bar")], width, "bar");
  return [...fit([say(` ${scenario}: ${title}`, "bar")], left, "bar"), say(place, "bar")];
}

function placeOf(state: Reading): string {
  const { at, asked, recording } = state;
  const events = eventsOf(recording);
  const event = `event ${stepNumber(eventAt(events, at))} of ${events.length}`;
  if (asked !== null)
    return `before ${event}, question ${asked + 1} of ${recording.questions.length}`;
  const step = seenStep(state);
  if (step === undefined) return at < 0 ? "introduction" : "the end";
  const time = `${(step.microseconds / 1000).toFixed(2)} ms`;
  return `${event}, step ${stepNumber(at)}, ${time}`;
}

/** How the sign of a question is drawn. */
const OUTCOMES = { open: "strong", right: "good", wrong: "bad", shown: "plain" } as const;

/** All steps: those that the reader has seen, the questions, and where one is. */
export function scrubber(state: State, width: number): Line {
  const { recording, answers, asked, asks, at, reached } = state;
  const { steps, questions } = recording;
  const columnOf = (index: number) =>
    Math.max(0, Math.min(width - 1, Math.floor(((index + 1) / (steps.length + 1)) * width)));
  const cells: Span[] = Array.from({ length: width }, (_, x) =>
    x <= columnOf(reached) ? draw("━") : draw("─", "faint"),
  );
  for (const [i, { step, answer }] of asks ? questions.entries() : []) {
    const [sign, outcome] = signOf(answers.get(i), answer);
    cells[columnOf(step)] = draw(sign, i === asked ? "now" : OUTCOMES[outcome]);
  }
  if (asked === null) cells[columnOf(at)] = draw("▲", "now");
  return cells;
}

/** What is being typed, what there is to say, or else the keys. */
export function statusLine(state: State, width: number): Line {
  const { typed, message } = state;
  if (typed !== null) return fit([say(`go to step ${typed}`, "strong"), draw(" ", "now")], width);
  if (message !== "") return fit([say(` ${message}`, "strong")], width);
  const last = "q quit";
  let line = " ";
  for (const hint of hintsOf(state)) {
    if (line.length + hint.length + last.length + 2 > width) break;
    line += `${hint}  `;
  }
  return fit([draw(line + last, "faint")], width);
}

function hintsOf(state: State): readonly string[] {
  if (state.asked !== null)
    return ["1-9 answer", "↓ ↑ Enter choose", "s show the answer", "← back"];
  const led = stepsOf(eventsOf(state.recording), state.at).length;
  const reads = ["→ ← event", `, . step${led === 0 ? "" : ` (${led} led here)`}`];
  if (seenStep(state) === undefined) return [...reads, "j k scroll", "g go to", "End the end"];
  const folds = Object.entries(FOLDS).map(([key, fold]) => `${key} ${fold}`);
  return [...reads, ...folds, "g go to", "j k scroll"];
}
