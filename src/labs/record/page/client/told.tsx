import { isForeign } from "../../../../lib/page/html.ts";
import { cut, stretches } from "../../../../lib/visible.ts";

/** How much of a string is shown, in UTF-16 units: no real one is as long. */
const LONGEST = 3000;

/** A string of unknown origin: its invisible characters are marked escapes, and it cannot move its neighbours. */
export function Told({ text }: { readonly text: string }) {
  const { text: head, rest } = cut(text, LONGEST);
  const parts = stretches(head).map((part) => (part.escaped ? <i>{part.text}</i> : part.text));
  if (rest > 0) parts.push("…");
  return isForeign(head) ? <bdi>{parts}</bdi> : <span>{parts}</span>;
}
