import { count } from "./figures.ts";
import { type Html, html, join } from "./html.ts";

/** The largest number of names in a sentence. */
const NAMES = 8;

/** Names as a list in a sentence: "a, b and c"; of many, the first ones and the number of others. */
export function listed(names: readonly Html[]): Html {
  const first = names.length > NAMES ? names.slice(0, NAMES - 1) : names.slice(0, -1);
  const rest = names.length - first.length;
  const last = rest > 1 ? html`${count(rest)} others` : join(names.slice(-1));
  return first.length === 0 ? last : html`${join(first, ", ")} and ${last}`;
}
