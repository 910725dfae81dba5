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

/** A word in which the digits that have changed are marked; all of it if its length has changed. */
export function Marked({ before, after }: { readonly before: string; readonly after: string }) {
  if (before.length !== after.length) {
    return (
      <mark>
        <Told text={after} />
      </mark>
    );
  }
  const same = (digit: string, i: number) => digit === before[i];
  return (
    <>{[...after].map((digit, i) => (same(digit, i) ? digit : <mark key={i}>{digit}</mark>))}</>
  );
}
