import { counted } from "../../../page/figures.ts";
import { type Html, html, NOTHING } from "../../../page/html.ts";

/** Says how many things of each name a page leaves out, where it does. */
export function renderLeft(left: Readonly<Record<string, number>>): Html {
  const parts = Object.entries(left)
    .filter(([, number]) => number > 0)
    .map(([many, number]) => counted(number, many.slice(0, -1)));
  if (parts.length === 0) return NOTHING;
  return html`<p class="left-out">Left out of this page: ${parts.join(", ")}. The recording has all.</p>`;
}
