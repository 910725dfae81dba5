import { useLayoutEffect, useRef } from "preact/hooks";
import { choiceOrder, signOf, verdictOf } from "../../reading.ts";
import { moments, recording, type Walk } from "./book.ts";
import { Explained, Prose } from "./text.tsx";

interface Props extends Walk {
  readonly question: number;
}

/** A question with its choices; the step that answers it is not shown before. */
export function Question({ reading, question, act }: Props) {
  const list = useRef<HTMLOListElement>(null);
  const { picked } = reading;
  // Before the next key: Enter presses the button that has the focus.
  useLayoutEffect(() => {
    if (picked !== null) list.current?.querySelectorAll("button")[picked]?.focus();
  }, [picked]);
  const asked = recording.questions[question];
  if (asked === undefined) return null;
  return (
    <>
      <p class="soft">Before the next step</p>
      <h2 id="step-title" tabIndex={-1}>
        {/^What if\b/.test(asked.text) ? "What if …?" : "What will happen?"}
      </h2>
      <Explained tag="p" text={asked.text} />
      <ol class="choices" ref={list}>
        {choiceOrder(reading, question).map((choice, place) => (
          <li key={choice}>
            <button type="button" onClick={() => act({ kind: "answer", choice: place })}>
              <kbd>{place + 1}</kbd>
              <Prose tag="span" text={asked.choices[choice] ?? ""} />
            </button>
          </li>
        ))}
      </ol>
      <button type="button" class="plain" onClick={() => act({ kind: "show" })}>
        Show me <kbd>s</kbd>
      </button>
    </>
  );
}

/** What is replied to the answers that were given at a step. */
export function Verdicts({ index, ...props }: Walk & { index: number }) {
  return moments
    .questionsAt(index)
    .map((question) => <Verdict key={question} question={question} {...props} />);
}

function Verdict({ reading, question, act }: Props) {
  const asked = recording.questions[question];
  const verdict = verdictOf(reading, question);
  if (asked === undefined || verdict.length === 0) return null;
  const [sign, outcome] = signOf(reading.answers.get(question), asked.answer);
  return (
    <aside class={`verdict ${outcome}`} aria-label="Your answer">
      <Prose tag="p" class="soft" text={asked.text} />
      {verdict.map(([label, told, tone], i) => (
        <p key={i}>
          <b class={tone}>{i === 0 ? `${sign} ${label}` : label}</b>
          <Prose text={told} />
        </p>
      ))}
      <button type="button" class="plain" onClick={() => act({ kind: "again" })}>
        Ask again <kbd>a</kbd>
      </button>
    </aside>
  );
}
