import type { Question } from "../../recording.ts";
import { recording } from "./book.ts";
import { StageView } from "./stage.tsx";
import { Prose } from "./text.tsx";

/** A work sheet: for each question the stage before its step, and the choices; with `answers` a page of them for the teacher. */
export function Sheet({ answers = false }: { readonly answers?: boolean }) {
  const { title, questions } = recording;
  return (
    <div class="worksheet">
      <h1>
        <Prose text={title} />
      </h1>
      <p class="name">
        Name: <span /> Date: <span />
      </p>
      {questions.map(({ step, text, choices }, i) => (
        <section key={text}>
          <h2>{`Question ${i + 1}, before step ${step + 1}`}</h2>
          <StageView index={step - 1} width={900} />
          <p>
            <Prose text={text} />
          </p>
          <Options of={choices} />
          <p class="lines">Why?</p>
        </section>
      ))}
      {answers && <h2 class="answers">Answers, for the teacher</h2>}
      {answers &&
        questions.map((question, i) => (
          <section key={question.text}>
            <h3>
              <Prose text={`${i + 1}. ${question.text}`} />
            </h3>
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
        <li key={choice}>
          <Prose text={choice} />
        </li>
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
        <dd key={`${choice} reply`}>
          <Prose text={i === answer ? because : (replies[i] ?? "")} />
        </dd>,
      ])}
    </dl>
  );
}
