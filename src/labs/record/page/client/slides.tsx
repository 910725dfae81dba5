import { useEffect, useState } from "preact/hooks";
import { index as contents, moments, next, recording } from "./book.ts";
import { StageView, stageOf } from "./stage.tsx";
import { Cast } from "./story.tsx";
import { Prose } from "./text.tsx";
import { Told } from "./told.tsx";

/** One slide: the title, a question before its step, a step, or the end. */
type Slide =
  | { readonly kind: "title" | "end" }
  | { readonly kind: "question"; readonly index: number; readonly question: number }
  | { readonly kind: "step"; readonly index: number };

const { steps, questions } = recording;

/** A step that something moves at, that answers a question, or that is an event of an unobserved run. */
function matters(index: number): boolean {
  const { kind, staged } = steps[index] ?? { kind: "note", staged: true };
  if (moments.questionsAt(index).length > 0) return true;
  if (staged || kind === "note" || kind === "instruction") return false;
  return kind !== "syscall" || stageOf(index).moves.length > 0;
}

const slides: readonly Slide[] = [
  { kind: "title" },
  ...[...steps.keys()].flatMap((index): Slide[] => [
    ...moments
      .questionsAt(index)
      .map((question): Slide => ({ kind: "question", index: index - 1, question })),
    ...(matters(index) ? [{ kind: "step", index } as const] : []),
  ]),
  { kind: "end" },
];

const forward = (at: number) => at + 1;
const back = (at: number) => at - 1;

const KEYS: Readonly<Record<string, (at: number) => number>> = {
  ArrowRight: forward,
  PageDown: forward,
  " ": forward,
  ArrowLeft: back,
  PageUp: back,
  Home: () => 0,
  End: () => slides.length - 1,
};

/** The lesson for a projector: a stage per slide, for steps that matter. */
export function Slides() {
  const [at, setAt] = useState(() => Number(/^#slide=(\d+)$/.exec(location.hash)?.[1] ?? 1) - 1);
  const go = (move: (at: number) => number) =>
    setAt((now) => Math.max(0, Math.min(move(now), slides.length - 1)));
  useEffect(() => {
    const press = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      const move = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
      if (move !== undefined && !ctrlKey && !metaKey && !altKey) go(move);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  useEffect(() => history.replaceState(null, "", `#slide=${at + 1}`), [at]);
  const slide: Slide = slides[Math.min(at, slides.length - 1)] ?? { kind: "end" };
  return (
    <div class={`slide ${slide.kind}`}>
      <Content slide={slide} />
      <footer>
        <Told text={recording.title} />
        <button type="button" aria-label="Previous slide" onClick={() => go(back)}>
          ‹
        </button>
        <span id="place">{`${at + 1} / ${slides.length}`}</span>
        <button type="button" aria-label="Next slide" onClick={() => go(forward)}>
          ›
        </button>
      </footer>
    </div>
  );
}

function Content({ slide }: { readonly slide: Slide }) {
  if (!("index" in slide)) return slide.kind === "title" ? <TitleSlide /> : <EndSlide />;
  const asked = slide.kind === "question" ? questions[slide.question] : undefined;
  const step = steps[slide.index];
  return (
    <>
      <StageView index={slide.index} width={1200} />
      <section aria-live="polite">
        {asked !== undefined ? (
          <>
            <h1>
              <Prose text={asked.text} />
            </h1>
            <ol class="options">
              {asked.choices.map((choice) => (
                <li key={choice}>
                  <Told text={choice} />
                </li>
              ))}
            </ol>
          </>
        ) : (
          <>
            <h1 class="mono">
              <Prose text={step?.title ?? ""} />
            </h1>
            <p>
              <Prose text={step?.why ?? ""} />
            </p>
          </>
        )}
      </section>
    </>
  );
}

function TitleSlide() {
  return (
    <section>
      <h1>
        <Told text={recording.title} />
      </h1>
      <p class="lead">
        <Told text={recording.introduction[0] ?? ""} />
      </p>
      <Cast />
    </section>
  );
}

function EndSlide() {
  return (
    <section>
      <h1>The end</h1>
      {next !== null && (
        <p class="lead">
          Next: <a href={`${next.file}?slides`}>{next.title}</a>
        </p>
      )}
      {contents !== null && (
        <p>
          <a href={contents.file}>{contents.title}</a>
        </p>
      )}
    </section>
  );
}
