import { createHash } from "node:crypto";
import { renderCommand } from "../../../lib/page/command.ts";
import { count } from "../../../lib/page/figures.ts";
import { fit } from "../../../lib/page/fit.ts";
import { type Html, html, NOTHING, plain, shown } from "../../../lib/page/html.ts";
import type { Disagreement } from "../report.ts";

/** How many bytes of a card the words of an input take at most, and the names of flags. */
const WORD_BYTES = 3000;
const FLAG_BYTES = 1500;

/** A finding as an article with a heading, facts and a command. */
export interface Card {
  readonly id: string;
  /** The level of its heading. */
  readonly level: 3 | 4;
  /** Further attributes, as markup. */
  readonly attributes?: Html;
  readonly title: Html;
  /** What stands beside the title. */
  readonly beside: Html;
  /** Rows of its list: before the input. */
  readonly rows: Html;
  /** Undefined if it has none. */
  readonly input?: Disagreement["input"] | undefined;
  readonly replay: string | null;
  /** What the replay replays, for the button that copies it. */
  readonly what: string;
}

export function renderCard(card: Card): Html {
  const { id, level, attributes = NOTHING, title, beside, rows, input, replay, what } = card;
  return html`<article id="${id}"${attributes} aria-labelledby="${id}-t">
<div class="head"><h${level} class="mono" id="${id}-t"><a href="#${id}">${title}</a></h${level}>${beside}</div>
<dl>${rows}${input === undefined ? NOTHING : renderInput(input)}${replay === null ? NOTHING : renderRow("replay", renderCommand(replay, `the replay of ${plain(what, 80)}`))}</dl></article>
`;
}

/** A row of a card's list. @param kind a class of its value */
export function renderRow(name: Html | string, value: Html, kind?: "mono" | "words"): Html {
  const attribute = kind === undefined ? NOTHING : html` class="${kind}"`;
  return html`<dt>${name}</dt><dd${attribute}>${value}</dd>
`;
}

/** The words of an input that are not 0. */
function renderInput(input: Disagreement["input"]): Html {
  const words = input.map(
    ({ name, word, told }) => html`${shown(name, 40)}=${shown(told || word, 160)}`,
  );
  const none = html`<span class="soft">every word 0</span>`;
  return renderWords("input", words, WORD_BYTES, none);
}

/** The names of flags. */
export function renderFlags(flags: readonly string[]): Html {
  const names = flags.map((flag) => shown(flag, 60));
  return renderWords("flags", names, FLAG_BYTES);
}

/** A row of as many words as fit, and how many more there are. */
function renderWords(name: string, words: readonly Html[], bytes: number, none = NOTHING): Html {
  const fitting = fit(words, (word) => html`<code>${word}</code> `, bytes);
  const rest = words.length - fitting.length;
  const more = rest > 0 ? html`<span class="soft">and ${count(rest)} more</span>` : NOTHING;
  return renderRow(name, html`${words.length === 0 ? none : fitting}${more}`, "words");
}

/** What gives things ids by what they are, so that a link to one holds in the page of a later run as well. */
export class Anchors {
  readonly #prefix: string;
  readonly #given = new Map<string, number>();

  /** @param prefix the first letters of each id, e.g. "d-" */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** @param traits what distinguishes the thing; a second one with the same traits gets a number */
  give(traits: readonly unknown[]): string {
    const hash = createHash("sha256").update(JSON.stringify(traits)).digest("hex").slice(0, 10);
    const before = this.#given.get(hash) ?? 0;
    this.#given.set(hash, before + 1);
    return `${this.#prefix}${hash}${before === 0 ? "" : `-${before + 1}`}`;
  }
}
