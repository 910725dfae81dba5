import { recording } from "./book.ts";
import { StageView } from "./stage.tsx";
import { Told } from "./told.tsx";

/** A work sheet: for each question the stage before its step, and the choices without an answer. */
export function Sheet() {
  const { title, questions, introduction } = recording;
  return (
    <div class="worksheet">
      <h1>
        <Told text={title} />
      </h1>
      <p class="name">
        Name: <span class="blank" /> Date: <span class="blank" />
      </p>
      <p>
        <Told text={introduction[0] ?? ""} />
      </p>
      {questions.map(({ step, text, choices }, i) => (
        <section key={text}>
          <h2>{`Question ${i + 1}, before step ${step + 1}`}</h2>
          <StageView index={step - 1} width={900} />
          <p>
            <Told text={text} />
          </p>
          <ul class="options">
            {choices.map((choice) => (
              <li key={choice}>
                <Told text={choice} />
              </li>
            ))}
          </ul>
          <p class="why">Why?</p>
          <div class="lines" />
        </section>
      ))}
    </div>
  );
}
