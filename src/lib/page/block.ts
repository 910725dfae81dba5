import { renderCommand } from "./command.ts";
import { fit, leftOut } from "./fit.ts";
import { type Html, html, join, NOTHING, plain, shown } from "./html.ts";

/*
 * What a report says, once for all its forms: a page lays it out here, a terminal in src/cli/block_text.ts.
 */

/** A stretch of text of any origin that stands out: in a colour of a terminal, with a class of a page. */
export interface Tinted {
  readonly text: string;
  readonly tone: "bad" | "mark";
  /** The id of the story that it leads to. */
  readonly to?: string | undefined;
}

export type Said = string | readonly (string | Tinted)[];

/** A table whose first column names the rows. Columns of numbers and signs are aligned to the right. */
export interface Grid {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Said[])[];
  /** What a row is called. */
  readonly one: string;
  /** What its signs mean. */
  readonly note?: string;
}

/** A finding: what it is, the facts in order, and the command that repeats it. */
export interface Story {
  /** Unique on a page. */
  readonly id: string;
  readonly title: string;
  readonly beside: string;
  readonly facts: readonly (readonly [name: string, fact: Said])[];
  readonly command: string | null;
}

/** A text without its tones. */
export function wordsOf(said: Said): string {
  if (typeof said === "string") return said;
  return said.map((each) => (typeof each === "string" ? each : each.text)).join("");
}

/** Which columns of a grid have numbers or signs alone. */
export function numbersOf({ columns, rows }: Grid): boolean[] {
  return columns.map(
    (_, i) => i > 0 && rows.every((row) => /^[-–=~\d.,]*$/.test(wordsOf(row[i] ?? ""))),
  );
}

/** How much of a stretch is shown, in UTF-16 units. */
const LIMIT = 600;

function renderSaid(said: Said): Html {
  if (typeof said === "string") return shown(said, LIMIT);
  return join(
    said.map((each) => {
      if (typeof each === "string") return shown(each, LIMIT);
      const { text, tone, to } = each;
      const words = shown(text, LIMIT);
      if (to !== undefined) return html`<a class="${tone}" href="#${to}">${words}</a>`;
      return tone === "mark"
        ? html`<mark>${words}</mark>`
        : html`<span class="${tone}">${words}</span>`;
    }),
  );
}

/** In a region that the keyboard can scroll, too. @param bytes how many bytes of the page its rows may take */
export function renderGrid(grid: Grid, bytes: number): Html {
  const { id, title, columns, rows, one, note } = grid;
  const numbers = numbersOf(grid).map((is) => (is ? html` class="n"` : NOTHING));
  const head = columns.map(
    (name, i) => html`<th scope="col"${numbers[i] ?? []}>${shown(name, 20)}</th>`,
  );
  const renderRow = ([first = "", ...rest]: readonly Said[]) => {
    const cells = rest.map((each, i) => html`<td${numbers[i + 1] ?? []}>${renderSaid(each)}</td>`);
    return html`<tr><th scope="row">${renderSaid(first)}</th>${cells}</tr>
`;
  };
  const shownRows = fit(rows, renderRow, bytes);
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table>
<caption id="${id}">${title}</caption>
<thead><tr>${head}</tr></thead>
${shownRows}
</table></div>
${leftOut(rows.length - shownRows.length, one)}${note === undefined ? NOTHING : html`<p class="soft">${note}</p>`}`;
}

/** The script of grids: regions can have the focus only while they have something to scroll. */
export function watchScrolling(): void {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  for (const region of document.querySelectorAll(".scroll")) observer.observe(region);
}

/** As many stories as fit into a number of bytes. */
export function renderStories(stories: readonly Story[], bytes: number): Html[] {
  return fit(stories, renderStory, bytes);
}

function renderStory({ id, title, beside, facts, command }: Story): Html {
  const rows = facts.map(
    ([name, fact]) => html`<dt>${shown(name, 60)}</dt><dd>${renderSaid(fact)}</dd>
`,
  );
  const repeat =
    command === null
      ? NOTHING
      : html`<dt>repeat</dt><dd>${renderCommand(command, `the command of ${plain(title, 80)}`)}</dd>`;
  return html`<article id="${id}" aria-labelledby="${id}-t">
<h3 id="${id}-t"><a href="#${id}">${shown(title, 200)}</a> <small>${beside}</small></h3>
<dl>${rows}${repeat}</dl></article>
`;
}

/** The style of grids and stories, beyond the base. */
export const BLOCK_STYLE = `
td > a.bad { font-weight: 600; }
td { white-space: pre-wrap !important; max-width: 40rem; }
article { margin: 0.75rem 0; padding: 0.375rem 0.75rem 0.5rem; border: 1px solid var(--rule); border-radius: 3px; }
article:target { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
article h3 { margin: 0 0 0.25rem; font-family: var(--mono); font-size: 0.8125rem; overflow-wrap: anywhere; }
article h3 a { color: inherit; text-decoration: none; }
article h3 a:hover { text-decoration: underline; }
article dl { display: grid; grid-template-columns: minmax(4rem, max-content) minmax(0, 1fr); gap: 0 0.75rem; margin: 0; }
article :is(dt, dd) { margin: 0; min-width: 0; font-family: var(--mono); font-size: 0.8125rem; overflow-wrap: anywhere; }
article dt { max-width: 10rem; color: var(--soft); }
mark { background: var(--mark); color: inherit; font-weight: 600; text-decoration: underline; }
`;
