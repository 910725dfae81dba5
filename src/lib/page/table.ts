import { fit, leftOut } from "./fit.ts";
import { type Html, html } from "./html.ts";

/** A table that may be wider than the window. */
export interface Table<T> {
  /** Its caption's id. */
  readonly id: string;
  readonly caption: Html;
  /** Rows of the head. */
  readonly head: Html;
  /** Each has a row, or a `<tbody>` of rows; `one` is what one of them is called. */
  readonly things: readonly T[];
  readonly render: (thing: T) => Html;
  readonly one: string;
  readonly foot?: Html;
  /** How many bytes of the page the body may take. */
  readonly bytes: number;
  /** The table's class. */
  readonly kind?: string;
}

/** A table in a scrolling region, which the keyboard can scroll too. */
export function renderTable<T>(table: Table<T>): Html {
  const { id, caption, head, things, render, one, foot, bytes, kind = "" } = table;
  const rows = fit(things, render, bytes);
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table class="${kind}">
<caption id="${id}">${caption}</caption>
<thead>${head}</thead>
${rows}
${foot === undefined ? [] : html`<tfoot>${foot}</tfoot>`}
</table></div>
${leftOut(things.length - rows.length, one)}`;
}

/** Makes regions focusable only while they have something to scroll. */
export function watchScrolling(): void {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  for (const region of document.querySelectorAll(".scroll")) observer.observe(region);
}
