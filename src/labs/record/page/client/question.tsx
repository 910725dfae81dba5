import { useLayoutEffect, useRef } from "preact/hooks";
import { choiceOrder, replyTo, signOf } from "../../reading.ts";
import { moments, recording, type Walk } from "./book.ts";
import { Explained } from "./terms.tsx";
import { Prose } from "./text.tsx";

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
        What will happen?
      </h2>
      <p>
        <Explained text={asked.text} />
      </p>
      <ol class="choices" ref={list}>
        {choiceOrder(reading, question).map((choice, place) => (
          <li key={choice}>
            <button type="button" onClick={() => act({ kind: "answer", choice: place })}>
              <kbd>{place + 1}</kbd>
              <span>
                <Prose text={asked.choices[choice] ?? ""} />
              </span>
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
  const choice = reading.answers.get(question);
  if (asked === undefined || choice === undefined) return null;
  const { text, choices, answer, because } = asked;
  const [sign, outcome] = signOf(choice, answer);
  const lines = [
    ...(outcome === "wrong"
      ? [
          [`${sign} Not so:`, choices[choice ?? -1] ?? ""],
          ["", replyTo(reading, question, choice)],
        ]
      : []),
    [outcome === "right" ? `${sign} Right:` : "The answer:", choices[answer] ?? ""],
    ["", because],
  ] as const;
  return (
    <aside class={`verdict ${outcome}`} aria-label="Your answer">
      <p class="soft">
        <Prose text={text} />
      </p>
      {lines.map(([label, told], i) => (
        <p key={i}>
          <b>{label}</b> <Prose text={told} />
        </p>
      ))}
      <button type="button" class="plain" onClick={() => act({ kind: "again" })}>
        Ask again <kbd>a</kbd>
      </button>
    </aside>
  );
}
