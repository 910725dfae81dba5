import { count } from "../../../page/figures.ts";
import { type Html, html, NOTHING, shown } from "../../../page/html.ts";
import type { Question, Step } from "../../recording.ts";
import { type kernelChanges, registerRows, stepNumber } from "../told.ts";

/** What the row of a step tells. */
export interface Row {
  readonly step: Step;
  readonly index: number;
  readonly questions: readonly Question[];
  readonly changes: ReturnType<typeof kernelChanges>;
}

/** A step as a row, for those without a script or on paper; its number is what links lead to. */
export function renderRow({ step, index, questions, changes }: Row): Html {
  const number = stepNumber(index);
  const lane =
    step.lane === step.about
      ? shown(step.lane, 60)
      : html`${shown(step.lane, 60)} → ${shown(step.about, 60)}`;
  return html`<tr id="step=${number}"><th scope="row" class="n"><a href="#step=${number}">${number}</a></th><td class="n">${count(step.microseconds)}</td><td>${lane}</td><td>${step.kind}</td><td class="told">${questions.map(renderQuestion)}<b class="mono">${shown(step.title, 300)}</b>${paragraph(step.why)}${step.observer === null ? NOTHING : html`<p class="soft">The observer: ${shown(step.observer, 2000)}</p>`}${renderChanges(step, changes)}</td></tr>
`;
}

function paragraph(text: string): Html {
  return text === "" ? NOTHING : html`<p>${shown(text, 2000)}</p>`;
}

function renderChanges(step: Step, changes: Row["changes"]): Html {
  const registers = registerRows(step).filter(({ changed }) => changed);
  const words = registers.map(
    ({ name, before, after }) => html`<span>${shown(name, 60)} ${before} → ${after}</span> `,
  );
  const kernel = changes
    .filter(({ before }) => before !== null)
    .map(({ term, value }) => html`<span>${term} ${shown(value)}</span> `);
  if (words.length + kernel.length === 0) return NOTHING;
  return html`<p class="mono soft words">${words}${kernel}</p>`;
}

function renderQuestion({ text, choices, answer, because }: Question): Html {
  const items = choices.map(
    (choice, i) => html`<li>${shown(choice)}${i === answer ? html` <b>(this)</b>` : NOTHING}</li>`,
  );
  return html`<details><summary>What will happen? ${shown(text, 2000)}</summary><ul>${items}</ul><p>${shown(because, 2000)}</p></details>`;
}
