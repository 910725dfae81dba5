import { renderCommand } from "../../page/command.ts";
import { count } from "../../page/figures.ts";
import { fit } from "../../page/fit.ts";
import { type Html, html, NOTHING, shown } from "../../page/html.ts";
import type { Disagreement } from "../report.ts";

/** How many bytes of a card the words of an input take at most, and the names of flags. */
const WORD_BYTES = 3000;
const FLAG_BYTES = 1500;

/** The row of a card's list for the words of an input that are not 0. */
export function renderInput(input: Disagreement["input"]): Html {
  const words = fit(
    input,
    ({ name, word, told }) => html`<code>${shown(name, 40)}=${shown(told || word, 160)}</code> `,
    WORD_BYTES,
  );
  const all = input.length === 0 ? html`<span class="soft">every word 0</span>` : html`${words}`;
  return html`<dt>input</dt><dd class="words">${all}${unnamed(input.length - words.length)}</dd>
`;
}

/** The row for flags by name. */
export function renderFlags(flags: readonly string[]): Html {
  const names = fit(flags, (flag) => html`<code>${shown(flag, 60)}</code> `, FLAG_BYTES);
  return html`<dt>flags</dt><dd class="words">${names}${unnamed(flags.length - names.length)}</dd>
`;
}

/** How many more there are of what has been named. */
function unnamed(rest: number): Html {
  return rest > 0 ? html`<span class="soft">and ${count(rest)} more</span>` : NOTHING;
}

/** The row for the command that does it again. */
export function renderReplay(replay: string, what: string): Html {
  return html`<dt>replay</dt><dd>${renderCommand(replay, `the replay of ${what}`)}</dd>
`;
}
