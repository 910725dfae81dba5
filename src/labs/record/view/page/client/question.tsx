import { useLayoutEffect, useRef } from "preact/hooks";
import { type Action, choiceOrder, type Reading, replyTo, signOf } from "../../../reading.ts";
import { moments, recording } from "./book.ts";
import { Prose } from "./text.tsx";
import { Told } from "./told.tsx";

interface Props {
  readonly reading: Reading;
  readonly question: number;
  readonly act: (action: Action) => void;
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
      <p class="where">
        <span>Before the next step</span>
      </p>
      <h2 id="step-title" tabIndex={-1}>
        What will happen?
      </h2>
      <p class="question">
        <Prose text={asked.text} />
      </p>
      <ol class="choices" ref={list}>
        {choiceOrder(reading, question).map((choice, place) => (
          <li key={choice}>
            <button type="button" onClick={() => act({ kind: "answer", choice: place })}>
              <kbd>{place + 1}</kbd>
              <span>
                <Told text={asked.choices[choice] ?? ""} />
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p>
        <button type="button" class="plain" onClick={() => act({ kind: "show" })}>
          Show me <kbd>s</kbd>
        </button>
      </p>
    </>
  );
}

/** What is replied to the answers that were given at a step. */
export function Verdicts({
  reading,
  index,
  act,
}: {
  readonly reading: Reading;
  readonly index: number;
  readonly act: (action: Action) => void;
}) {
  return (
    <>
      {moments.questionsAt(index).map((question) => (
        <Verdict key={question} reading={reading} question={question} act={act} />
      ))}
    </>
  );
}

function Verdict({ reading, question, act }: Props) {
  const asked = recording.questions[question];
  const choice = reading.answers.get(question);
  if (asked === undefined || choice === undefined) return null;
  const [sign, outcome] = signOf(choice, asked.answer);
  const right = outcome === "right";
  const reply = replyTo(reading, question, choice);
  return (
    <aside
      class={`verdict ${right ? "good" : outcome === "wrong" ? "bad" : ""}`}
      aria-label="Your answer"
    >
      <p class="soft">
        <Prose text={asked.text} />
      </p>
      {choice !== null && !right && (
        <p>
          <b class="bad">{sign} Not so:</b> <Told text={asked.choices[choice] ?? ""} />
        </p>
      )}
      {reply !== asked.because && <Reply text={reply} />}
      <p>
        <b class={right ? "good" : ""}>{right ? `${sign} Right:` : "The answer:"}</b>{" "}
        <Told text={asked.choices[asked.answer] ?? ""} />
      </p>
      <Reply text={asked.because} />
      <p>
        <button type="button" class="plain" onClick={() => act({ kind: "again" })}>
          Ask again <kbd>a</kbd>
        </button>
      </p>
    </aside>
  );
}

function Reply({ text }: { readonly text: string }) {
  return (
    <p>
      <Prose text={text} />
    </p>
  );
}
