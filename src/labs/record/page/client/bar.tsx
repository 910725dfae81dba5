import { counted } from "../../../../lib/page/figures.ts";
import { eventAt } from "../../event.ts";
import { type Action, BEGIN, END, type Reading, scoreOf, seenAt, signOf } from "../../reading.ts";
import type { StepKind } from "../../recording.ts";
import { stepNumber } from "../../tell.ts";
import { events, recording, type Walk } from "./book.ts";
import { colour } from "./text.tsx";

const MOVES: readonly (readonly [sign: string, name: string, key: string, action: Action])[] = [
  ["⇤", "Introduction", "Home", BEGIN],
  ["⇠", "Previous step", ",", { kind: "step", by: -1 }],
  ["‹", "Previous event", "←", { kind: "event", by: -1 }],
  ["›", "Next event", "→", { kind: "event", by: 1 }],
  ["⇢", "Next step", ".", { kind: "step", by: 1 }],
  ["⇥", "The end, or the next question", "End", END],
];

/** The buttons: at a thumb's reach on a phone. */
export function Bar({ reading, act }: Walk) {
  const { questions, right, answered } = scoreOf(reading);
  const buttons = MOVES.map(([sign, name, key, action]) => (
    <button
      key={key}
      type="button"
      data-key={key}
      title={`${name} (${key})`}
      aria-label={name}
      onClick={() => act(action)}
    >
      {sign}
    </button>
  ));
  return (
    <div class="bar">
      <fieldset class="moves">
        <legend class="unseen">Go to</legend>
        {buttons.slice(0, 3)}
        <span id="place">{placeOf(reading)}</span>
        {buttons.slice(3)}
      </fieldset>
      <p id="message">{reading.message}</p>
      {questions > 0 && (
        <label>
          <input
            id="ask"
            type="checkbox"
            checked={reading.asks}
            onChange={({ currentTarget }) => act({ kind: "ask", asks: currentTarget.checked })}
          />{" "}
          ask me{" "}
          <span id="score" class="soft">
            {answered > 0 ? `${right} of ${answered} right` : counted(questions, "question")}
          </span>
        </label>
      )}
      <a href="#keys">Keys</a>
    </div>
  );
}

/** The event, and the step if it only leads there. */
function placeOf({ at, asked }: Reading): string {
  const { length } = events;
  if (at < 0) return `– / ${length}`;
  if (at >= recording.steps.length) return `end / ${length}`;
  const place = `${asked === null ? "" : "→ "}${stepNumber(eventAt(events, at))} / ${length}`;
  return events.includes(at) ? place : `${place}, step ${stepNumber(at)}`;
}

/** Of 20, how high the mark of a step is. */
const HEIGHTS: Partial<Record<StepKind, number>> = { instruction: 6, note: 6, syscall: 11 };
const HIGHEST = 15;

/**
 * The steps in a line, in the colours of who acts: what has happened up to now, and where questions are.
 *
 * @param sentence the step
 */
export function Scrubber({ reading, sentence, act }: Walk & { readonly sentence: string }) {
  const { steps, questions } = recording;
  const seen = seenAt(reading);
  return (
    <div class="scrubber">
      <input
        id="scrub"
        type="range"
        aria-label="Step"
        aria-valuetext={sentence}
        min={1}
        max={steps.length}
        value={stepNumber(Math.max(0, Math.min(seen, steps.length - 1)))}
        style={{ "--step": `${100 / steps.length}%` }}
        onInput={({ currentTarget }) => act({ kind: "go", at: currentTarget.valueAsNumber - 1 })}
      />
      <svg viewBox={`0 0 ${steps.length} 20`} preserveAspectRatio="none" aria-hidden="true">
        <path d={`M0 18.5H${steps.length}`} />
        {seen >= 0 && (
          <rect class="now" x={Math.min(seen, steps.length - 1)} width="1" height="20" />
        )}
        {steps.slice(0, reading.reached + 1).map(({ lane, kind, staged }, i) => {
          const height = HEIGHTS[kind] ?? HIGHEST;
          const place = { x: i + 0.2, y: 18 - height, width: 0.6, height };
          const classes = [colour(lane), staged && "staged", i > seen && "later"];
          return <rect key={i} class={classes.filter(Boolean).join(" ")} {...place} />;
        })}
      </svg>
      {reading.asks &&
        questions.map(({ step, answer }, i) => {
          const [sign, outcome] = signOf(reading.answers.get(i), answer);
          return (
            <span
              key={i}
              class={`asks ${outcome}`}
              style={{ left: `${(100 * (step + 0.5)) / steps.length}%` }}
              aria-hidden="true"
            >
              {sign}
            </span>
          );
        })}
    </div>
  );
}
