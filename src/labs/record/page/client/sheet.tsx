import { recording } from "./book.ts";
import { StageView } from "./stage.tsx";
import { Prose } from "./text.tsx";

/** A work sheet: for each question the stage before its step, and the choices without an answer. */
export function Sheet() {
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
