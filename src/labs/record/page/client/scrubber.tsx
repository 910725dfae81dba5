import { seenAt, signOf } from "../../reading.ts";
import type { StepKind } from "../../recording.ts";
import { stepNumber } from "../../tell.ts";
import { recording, type Walk } from "./book.ts";
import { colour } from "./text.tsx";

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
