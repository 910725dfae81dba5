import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Question } from "../../recording.ts";
import { COLUMN, Layout } from "../../stage/layout.ts";
import type { Stage } from "../../stage/stage.ts";
import { drawStage } from "../../stage/svg.ts";
import { events, moments, recording } from "./book.ts";
import { columnsOf, elementOf, StageView, stageOf } from "./stage.tsx";
import { Cast } from "./story.tsx";
import { LaneName, Prose } from "./text.tsx";

const { title, introduction, steps, questions } = recording;
const [crux = "", ...more] = introduction;

/** A stage, and under it a heading, a text, and the choices of a question before its step. */
interface Slide {
  /** -1: no stage. */
  readonly index: number;
  readonly heading: string;
  readonly text: string;
  /** The index of a question. */
  readonly asked?: number;
}

const first: Slide = { index: -1, heading: title, text: crux };
const slides: readonly Slide[] = [
  first,
  ...more.map((text) => ({ index: -1, heading: title, text })),
  ...events.flatMap((index): Slide[] => [
    ...moments.questionsAt(index).map((asked) => {
      return {
        index: Math.max(0, index - 1),
        heading: questions[asked]?.text ?? "",
        text: "",
        asked,
      };
    }),
    { index, heading: steps[index]?.title ?? "", text: steps[index]?.why ?? "" },
  ]),
];

const BY: Readonly<Record<string, number>> = {
  ...{ ArrowRight: 1, PageDown: 1, " ": 1, End: slides.length },
  ...{ ArrowLeft: -1, PageUp: -1, Home: -slides.length },
};

/** The lesson for a projector: a slide for each event, and for each question. */
export function Slides() {
  const [at, setAt] = useState(() => Number(/^#slide=(\d+)$/.exec(location.hash)?.[1] ?? 1) - 1);
  const [notes, setNotes] = useState<Window | null>(null);
  const go = (by: number) => setAt((now) => Math.max(0, Math.min(now + by, slides.length - 1)));
  const openNotes = () => setNotes(open("", "notes", "width=720,height=900"));
  const press = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
    if (ctrlKey || metaKey || altKey) return;
    if (key === "n") openNotes();
    if (Object.hasOwn(BY, key)) go(BY[key] ?? 0);
  };
  useEffect(() => {
    for (const page of [document, notes?.document]) if (page) page.onkeydown = press;
  }, [notes]);
  useEffect(() => history.replaceState(null, "", `#slide=${at + 1}`), [at]);
  useEffect(() => tellNotes(notes, at), [notes, at]);
  const { index, heading, text, asked } = slides[at] ?? first;
  return (
    <div class={at === 0 ? "slide title" : "slide"}>
      {index >= 0 && <Picture index={index} />}
      <section aria-live="polite">
        <Prose tag="h1" text={heading} />
        {text !== "" && <Prose tag="p" text={text} />}
        {asked !== undefined && <Options of={questions[asked]?.choices ?? []} />}
        {at === 0 && <Cast />}
      </section>
      <footer>
        <button type="button" onClick={openNotes}>
          Notes <kbd>n</kbd>
        </button>
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

/** The room of a picture, and the least size of a letter in it: pixels of a window of 1280 by 720. */
const [WIDTH, HEIGHT, LETTER] = [1200, 380, 24];

/** The stage with large letters: for that boxes have no words, and those of the process that the step is about are below. */
function Picture({ index }: Pick<Slide, "index">) {
  const stage = stageOf(index);
  const about = stage.boxes.find(({ id }) => id === steps[index]?.about);
  const words = about?.words.filter(({ name, look }) => name !== "" || look === "next") ?? [];
  const boxes = stage.boxes.map((box) => {
    return { ...box, words: [], told: box.told.replace(/ (·|by|for) .*/, "") };
  });
  const bare: Stage = { ...stage, boxes };
  const width = Math.max(WIDTH / 2, COLUMN * columnsOf());
  const scale = Math.min(WIDTH / width, HEIGHT / new Layout(bare, width, true).height);
  const style = { width: `${(scale * width) / 16}rem`, "--letter": `${LETTER / scale}px` };
  return (
    <>
      <div class={columnsOf() > 3 ? "theatre crowded" : "theatre"} key={index} style={style}>
        {elementOf(drawStage(bare, { width }))}
      </div>
      {about !== undefined && words.length > 0 && (
        <p class="words">
          <LaneName id={about.id} />
          {words.map(({ name, value, meaning, look }) => (
            <code key={name} class={look}>
              <Prose
                text={`${name || "next:"} ${meaning === "" ? value : `${value} (${meaning})`}`}
              />
            </code>
          ))}
        </p>
      )}
    </>
  );
}

/** Shows the presenter's notes of a slide in their window. */
function tellNotes(notes: Window | null, at: number): void {
  if (notes === null || notes.closed) return;
  const { head, body, documentElement } = notes.document;
  if (head.childElementCount === 0) {
    documentElement.lang = document.documentElement.lang;
    for (const style of document.querySelectorAll("style")) head.append(style.cloneNode(true));
  }
  notes.document.title = `Notes: ${title}`;
  render(<Notes at={at} />, body);
}

/** What a slide does not say: the answer, why the other choices are wrong, what a kernel engineer would add, what is next. */
function Notes({ at }: { readonly at: number }) {
  const { index, heading, text, asked } = slides[at] ?? first;
  const question = asked === undefined ? undefined : questions[asked];
  const detail = asked === undefined ? steps[index]?.detail : null;
  return (
    <main class="notes">
      <p class="soft">{`Slide ${at + 1} of ${slides.length}. The keys of the slides work here, too.`}</p>
      <Prose tag="h1" text={heading} />
      {question !== undefined && <Answer of={question} />}
      {[text, detail].map((told) => told && <Prose tag="p" key={told} text={told} />)}
      <Prose tag="p" class="soft" text={`Next: ${slides[at + 1]?.heading ?? "the end"}`} />
    </main>
  );
}

/** A work sheet: for each question the stage before its step, and the choices; with `answers` a page of them for the teacher. */
export function Sheet({ answers = false }: { readonly answers?: boolean }) {
  const { title, questions } = recording;
  return (
    <div class="worksheet">
      <Prose tag="h1" text={title} />
      <p class="name">
        Name: <span /> Date: <span />
      </p>
      {questions.map(({ step, text, choices }, i) => (
        <section key={text}>
          <h2>{`Question ${i + 1}, before step ${step + 1}`}</h2>
          <StageView index={step - 1} width={900} />
          <Prose tag="p" text={text} />
          <Options of={choices} />
          <p class="lines">Why?</p>
        </section>
      ))}
      {answers && <h2 class="answers">Answers, for the teacher</h2>}
      {answers &&
        questions.map((question, i) => (
          <section key={question.text}>
            <Prose tag="h3" text={`${i + 1}. ${question.text}`} />
            <Answer of={question} />
          </section>
        ))}
    </div>
  );
}

/** Choices, with boxes to be ticked. */
export function Options({ of }: { readonly of: readonly string[] }) {
  return (
    <ul class="options">
      {of.map((choice) => (
        <Prose tag="li" key={choice} text={choice} />
      ))}
    </ul>
  );
}

/** The choices with what is replied to each. */
export function Answer({ of: { choices, answer, because, replies } }: { readonly of: Question }) {
  return (
    <dl class="answer">
      {choices.map((choice, i) => [
        <dt key={choice} class={i === answer ? "good" : ""}>
          {i === answer ? "✓ " : "✗ "}
          <Prose text={choice} />
        </dt>,
        <Prose
          tag="dd"
          key={`${choice} reply`}
          text={i === answer ? because : (replies[i] ?? "")}
        />,
      ])}
    </dl>
  );
}
