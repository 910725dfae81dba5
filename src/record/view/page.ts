import { renderDocument } from "../../page/document.ts";
import { html, plain, shown } from "../../page/html.ts";
import { BASE_STYLE } from "../../page/style.ts";
import type { Recording } from "../recording.ts";

/** A recording as a page. */
export function renderRecordingPage({ title, steps }: Recording): string {
  const items = steps.map((step) => html`<li>${shown(step.title)}</li>`);
  return renderDocument({
    title: plain(title),
    styles: [BASE_STYLE],
    scripts: [],
    body: html`<main><h1>${shown(title)}</h1><ol>${items}</ol></main>`,
  });
}
