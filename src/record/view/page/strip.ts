import { type Html, html } from "../../../page/html.ts";
import type { Kept } from "./kept.ts";

/** Of more steps than these, the strip has no marks for instructions: they would be one bar. */
const MOST_INSTRUCTIONS = 400;

/** What lies below the slider: a mark for each step by its kind, and one for each question. */
export function renderStrip({ recording: { steps, questions } }: Kept): Html {
  const at = (index: number) => `${((100 * index) / Math.max(1, steps.length - 1)).toFixed(2)}%`;
  const few = steps.length <= MOST_INSTRUCTIONS;
  const ticks = steps.map(({ kind }, i) => {
    if (kind === "instruction") {
      return few ? html`<rect class="k-instruction" x="${at(i)}" y="0" width="2" height="3"/>` : [];
    }
    return html`<rect class="k-${kind}" x="${at(i)}" y="0" width="2" height="8"/>`;
  });
  const asked = [...new Set(questions.map(({ step }) => step))];
  const signs = asked.map((index) => html`<text x="${at(index)}" y="20">?</text>`);
  return html`<svg class="strip" height="22" aria-hidden="true">${ticks.flat()}${signs}</svg>`;
}
