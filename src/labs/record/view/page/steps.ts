import { count } from "../../../../lib/page/figures.ts";
import { type Html, html, NOTHING, shown } from "../../../../lib/page/html.ts";
import type { Annotator } from "../../annotate.ts";
import type { Moments } from "../../moment.ts";
import type { Question, Step } from "../../recording.ts";
import { STAGED, stepNumber } from "../../tell.ts";
import { renderLeft } from "./about.ts";

/** What the row of a step needs. */
export interface Row {
  readonly step: Step;
  readonly index: number;
  readonly questions: readonly Question[];
  readonly moments: Moments;
  readonly annotator: Annotator;
}

/** A step as a row, for those without a script or on paper; its number is what links lead to. */
export function renderRow(row: Row): Html {
  const { step, index, questions } = row;
  const number = stepNumber(index);
  const lane =
    step.lane === step.about
      ? shown(step.lane, 60)
      : html`${shown(step.lane, 60)} → ${shown(step.about, 60)}`;
  return html`<tr id="step=${number}"><th scope="row" class="n"><a href="#step=${number}">${number}</a></th><td>${lane}<br><small>${step.kind}<br>${count(step.microseconds)} µs${step.staged ? html`<br>${STAGED}` : NOTHING}</small></td><td class="told">${questions.map(renderQuestion)}<b class="mono">${shown(step.title, 300)}</b>${paragraph(step.why)}${step.observer === null ? NOTHING : html`<p class="soft">The observer: ${shown(step.observer, 2000)}</p>`}${renderChanges(row)}</td></tr>
`;
}

function paragraph(text: string): Html {
  return text === "" ? NOTHING : html`<p>${shown(text, 2000)}</p>`;
}

function renderChanges({ step, index, moments, annotator }: Row): Html {
  const words = moments
    .changedAt(index)
    .map(({ name, before, after }) => html`<span>${shown(name, 60)} ${before} → ${after}</span> `);
  const kernel = annotator
    .kernelRows(moments.lane(step.about, index), index)
    .filter(({ changed }) => changed)
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

/** All steps as a table, which needs no script. */
export function renderSteps(rows: readonly Html[], left: Readonly<Record<string, number>>): Html {
  return html`<section class="all"><h2 id="steps">All steps</h2>
<p id="later" class="soft" hidden>Steps that you have not reached yet are not shown here.</p>
<table class="steps">
<thead><tr><th scope="col" class="n">step</th><th scope="col">lane</th><th scope="col">what, why, and what it changes</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
${renderLeft(left)}</section>`;
}
