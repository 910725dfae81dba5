import { counted } from "../../../../lib/page/figures.ts";
import { eventAt } from "../../event.ts";
import { type Action, BEGIN, END, type Reading, scoreOf } from "../../reading.ts";
import { stepNumber } from "../../tell.ts";
import { events, recording, type Walk } from "./book.ts";

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
