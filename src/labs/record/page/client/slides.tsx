import { useEffect, useState } from "preact/hooks";
import type { Step } from "../../recording.ts";
import { events, moments, recording } from "./book.ts";
import { Options } from "./sheet.tsx";
import { StageView, stageOf } from "./stage.tsx";
import { Cast } from "./story.tsx";
import { Prose } from "./text.tsx";

const { title, introduction, steps, questions } = recording;

/** A stage, and under it a heading, a text, and the choices of a question before its step. */
interface Slide {
  readonly index: number;
  readonly heading: string;
  readonly text: string;
  readonly choices: readonly string[];
}

const first: Slide = { index: -1, heading: title, text: introduction[0] ?? "", choices: [] };
const slides: readonly Slide[] = [
  first,
  ...steps.flatMap((step, index): Slide[] => [
    ...questions
      .filter((question) => question.step === index)
      .map(({ text, choices }) => ({ index: index - 1, heading: text, text: "", choices })),
    ...(matters(step, index) ? [{ index, heading: step.title, text: step.why, choices: [] }] : []),
  ]),
];

/** An event that answers a question, or at which something moves. */
function matters({ kind }: Step, index: number): boolean {
  if (moments.questionsAt(index).length > 0) return true;
  if (kind === "note" || !events.includes(index)) return false;
  return kind !== "syscall" || stageOf(index).moves.length > 0;
}

const BY: Readonly<Record<string, number>> = {
  ...{ ArrowRight: 1, PageDown: 1, " ": 1, End: slides.length },
  ...{ ArrowLeft: -1, PageUp: -1, Home: -slides.length },
};

/** The lesson for a projector: a stage per slide, for steps that matter. */
export function Slides() {
  const [at, setAt] = useState(() => Number(/^#slide=(\d+)$/.exec(location.hash)?.[1] ?? 1) - 1);
  const go = (by: number) => setAt((now) => Math.max(0, Math.min(now + by, slides.length - 1)));
  useEffect(() => {
    const press = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (!ctrlKey && !metaKey && !altKey && Object.hasOwn(BY, key)) go(BY[key] ?? 0);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  useEffect(() => history.replaceState(null, "", `#slide=${at + 1}`), [at]);
  const { index, heading, text, choices } = slides[at] ?? first;
  return (
    <div class={index < 0 ? "slide title" : "slide"}>
      {index >= 0 && <StageView index={index} width={1200} />}
      <section aria-live="polite">
        <h1>
          <Prose text={heading} />
        </h1>
        <p>
          <Prose text={text} />
        </p>
        <Options of={choices} />
        {index < 0 && <Cast />}
      </section>
      <footer>
        <button type="button" aria-label="Previous slide" onClick={() => go(-1)}>
          ‹
        </button>
        <span id="place">{`${at + 1} / ${slides.length}`}</span>
        <button type="button" aria-label="Next slide" onClick={() => go(1)}>
          ›
        </button>
      </footer>
    </div>
  );
}
