import { isForeign } from "../../../../../lib/page/html.ts";
import { stretches } from "../../../../../lib/visible.ts";

/** A string of unknown origin: its invisible characters are marked escapes, and it cannot move its neighbours. */
export function Told({ text }: { readonly text: string }) {
  const parts = stretches(text).map((part) => (part.escaped ? <i>{part.text}</i> : part.text));
  return isForeign(text) ? <bdi>{parts}</bdi> : <span>{parts}</span>;
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
  const parts = after.split("").reduce<{ text: string; same: boolean }[]>((all, digit, i) => {
    const same = digit === before[i];
    const last = all.at(-1);
    if (last?.same === same) last.text += digit;
    else all.push({ text: digit, same });
    return all;
  }, []);
  return <>{parts.map(({ text, same }) => (same ? text : <mark>{text}</mark>))}</>;
}
