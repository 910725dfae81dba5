import { type Reading, seenStep } from "../reading.ts";
import { stepNumber } from "../tell.ts";
import { draw, fit, type Line, say } from "./frame.ts";
import type { Prompt, State } from "./state.ts";

/** The first line: which recording, and where in it one is. */
export function titleLine(state: State, width: number): Line {
  const { scenario, title } = state.recording;
  const place = ` ${placeOf(state)} `;
  const left = width - place.length;
  if (left < scenario.length + 2) return fit([say(place, "bar")], width, "bar");
  return [...fit([say(` ${scenario}: ${title}`, "bar")], left, "bar"), say(place, "bar")];
}

function placeOf(state: Reading): string {
  const { at, asked, recording } = state;
  const { steps, questions } = recording;
  const { length } = steps;
  if (asked !== null) {
    return `before step ${stepNumber(at)} of ${length}, question ${asked + 1} of ${questions.length}`;
  }
  const step = seenStep(state);
  if (step === undefined) return at < 0 ? "introduction" : "the end";
  const time = `${(step.microseconds / 1000).toFixed(2)} ms`;
  return `step ${stepNumber(at)} of ${length}, ${time}`;
}

const PROMPTS: Readonly<Record<Prompt["kind"], string>> = {
  search: "/",
  go: "go to step ",
  origin: "who wrote (a register, or a field of /proc): ",
};

/** The last line: what is being typed, what there is to say, or else the keys. */
export function statusLine(state: State, width: number): Line {
  const { prompt, message } = state;
  const note = message === "" ? "" : `  ${message}`;
  if (prompt !== null) {
    const typed = [
      say(`${PROMPTS[prompt.kind]}${prompt.text}`, "strong"),
      draw(" ", "now"),
      draw(note, "faint"),
    ];
    return fit(typed, width);
  }
  if (message !== "") return fit([draw(` ${message}`, "strong")], width);
  return fit([draw(` ${hints(state, width - 1)}`, "faint")], width);
}

/** Below this, keys stand closer to each other. */
const NARROW = 60;

/** The keys that find room; those at the end always do. */
function hints(state: State, width: number): string {
  const gap = width < NARROW ? "  " : "   ";
  const last = `? keys${gap}q quit`;
  let line = "";
  for (const hint of hintsOf(state)) {
    if (line.length + hint.length + gap.length + last.length > width) break;
    line += `${hint}${gap}`;
  }
  return line + last;
}

function hintsOf(state: State): string[] {
  const { asked, recording, help } = state;
  if (help) return ["j k scroll", "other keys go back"];
  const choices = asked === null ? 0 : (recording.questions[asked]?.choices.length ?? 0);
  if (choices > 0) {
    const digits = `1-${Math.min(choices, 9)} answer`;
    return [digits, "↓ ↑ Enter choose", "s show", "← back", "Tab pane", "j k scroll"];
  }
  if (seenStep(state) === undefined) return ["→ ← step", "j k scroll", "End the end", "/ search"];
  return [
    "→ ← step",
    "↓ ↑ lane",
    "] [ event",
    "Tab pane",
    "w who wrote",
    "/ search",
    "g go to",
    "j k scroll",
  ];
}
