import { counted } from "./figures.ts";
import { type Html, html, NOTHING } from "./html.ts";

/**
 * Renders things in order while they fit into a number of bytes, so that a page stays small whatever it shows.
 */
export function fit<T>(things: readonly T[], render: (thing: T) => Html, bytes: number): Html[] {
  const fitting: Html[] = [];
  let rest = bytes;
  for (const thing of things) {
    const part = render(thing);
    rest -= Buffer.byteLength(part.markup);
    if (rest < 0) break;
    fitting.push(part);
  }
  return fitting;
}

/** A note of how many things a page leaves out; nothing for 0. */
export function leftOut(number: number, one: string): Html {
  if (number === 0) return NOTHING;
  const things = counted(number, `more ${one}`);
  return html`<p class="left-out">${things} left out of this page; <code>--json</code> has all.</p>`;
}
