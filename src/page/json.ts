import { escapeUnits } from "../visible.ts";
import { Html, html } from "./html.ts";

/** What could end the element, or not be seen in the source. */
const UNSAFE = /(?! )[<>&\p{C}\p{Z}\p{DI}]/gu;

/**
 * A document for the page's script: `JSON.parse(document.getElementById(id).textContent)` reads it. It is data,
 * which no policy has to allow, and no string in it ends it. BigInts, which are words, become hex strings.
 *
 * @param value what JSON can hold, and BigInts
 */
export function embedJson(id: string, value: object): Html {
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? `0x${each.toString(16)}` : each,
  );
  const inert = text.replace(UNSAFE, escapeUnits);
  return html`<script type="application/json" id="${id}">${new Html(inert)}</script>`;
}
