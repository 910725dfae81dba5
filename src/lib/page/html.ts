import { cut, stretches, visible } from "../visible.ts";
import { count } from "./figures.ts";

/** Markup. Only `html` creates it, so a string is never mistaken for it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Part = string | number | Html | readonly Html[];

/** A template of markup. Strings in it are escaped: they are text, or values of attributes in double quotes. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    literals.reduce((markup, literal, i) => markup + markupOf(parts[i - 1] ?? "") + literal),
  );
}

export const NOTHING = html``;

/** Joins parts, with `between` as text between them. */
export function join(parts: readonly Html[], between = ""): Html {
  return new Html(parts.map(({ markup }) => markup).join(escapeMarkup(between)));
}

/** How much of a string is shown by default, in UTF-16 units. */
const LIMIT = 240;

/**
 * A string of unknown origin as markup: cut after `limit` units, with invisible characters as marked escapes, and with
 * right-to-left text isolated from its neighbours.
 */
export function shown(text: string, limit = LIMIT): Html {
  const { text: head, rest } = cut(text, limit);
  const all = stretches(head);
  const parts = all.map((part) => (part.escaped ? html`<i>${part.text}</i>` : html`${part.text}`));
  const more = rest === 0 ? NOTHING : html`<span class="cut">… (${count(rest)} more)</span>`;
  const inner = join([...parts, more]);
  return isForeign(head) ? html`<bdi>${inner}</bdi>` : inner;
}

/** Whether a string could move its neighbours: it has visible characters beyond ASCII. */
export function isForeign(text: string): boolean {
  return stretches(text).some((part) => !part.escaped && /[^ -~]/.test(part.text));
}

/** The same without markup, for attributes, options and titles. */
export function plain(text: string, limit = LIMIT): string {
  const { text: head, rest } = cut(text, limit);
  return visible(head) + (rest === 0 ? "" : `… (${count(rest)} more)`);
}

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(({ markup }) => markup).join("");
  return escapeMarkup(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeMarkup(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
