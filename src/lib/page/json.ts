import { escapeUnits } from "../visible.ts";
import { Html, html } from "./html.ts";

/** Characters that could end the element, or are invisible in the source. */
const UNSAFE = /(?! )[<>&\p{C}\p{Z}\p{DI}]/gu;

/**
 * Embeds a document for the page's script, which reads it by `JSON.parse(document.getElementById(id).textContent)`. It
 * is data, so the policy need not allow it, and no string in it can end the element. BigInts become hex strings.
 *
 * @param value anything that JSON can represent, and BigInts
 */
export function embedJson(id: string, value: object): Html {
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? `0x${each.toString(16)}` : each,
  );
  const inert = text.replace(UNSAFE, escapeUnits);
  return html`<script type="application/json" id="${id}">${new Html(inert)}</script>`;
}
