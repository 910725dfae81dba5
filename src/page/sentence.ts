import { count } from "./figures.ts";
import { type Html, html, join } from "./html.ts";

/** How many names a sentence bears. */
const NAMES = 8;

/** Names as a sentence lists them: "a, b and c"; of many, the first, and how many others there are. */
export function listed(names: readonly Html[]): Html {
  const first = names.length > NAMES ? names.slice(0, NAMES - 1) : names.slice(0, -1);
  const rest = names.length - first.length;
  const last = rest > 1 ? html`${count(rest)} others` : join(names.slice(-1));
  return first.length === 0 ? last : html`${join(first, ", ")} and ${last}`;
}
