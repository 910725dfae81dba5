import { counted } from "../../../page/figures.ts";
import { type Html, html } from "../../../page/html.ts";
import type { Kept } from "./kept.ts";
import { renderStrip } from "./strip.ts";

/** The controls, and where a step is shown; it appears with the script that serves it. */
export function renderPlayer(kept: Kept): Html {
  const { steps, questions } = kept.recording;
  const ask =
    questions.length === 0
      ? []
      : html`<label><input type="checkbox" id="ask" checked autocomplete="off"> ask me ${counted(questions.length, "question")}</label>`;
  return html`<section id="player" hidden aria-label="Step by step">
<div class="controls">
<div class="buttons" role="group" aria-label="Go to">
${button("first", "Home", "First step", "⇤")}${button("back-event", "[", "Previous event: no instruction", "«")}${button("back", "←", "Previous step", "‹")}
<span id="place" aria-hidden="true"></span>
${button("on", "→", "Next step", "›")}${button("on-event", "]", "Next event: no instruction", "»")}${button("last", "End", "Last step", "⇥")}
</div>
<div class="slider"><input type="range" id="scrub" min="1" max="${steps.length}" value="1" step="1" aria-label="Step" autocomplete="off">${renderStrip(kept)}</div>
<div class="more">${ask}<button type="button" id="copy-link">Copy link</button><button type="button" id="show-keys" aria-haspopup="dialog">Keys <kbd>?</kbd></button></div>
</div>
<article id="step" aria-labelledby="step-title"></article>
<p class="unseen" role="status" id="announcer"></p>
${renderKeys()}
</section>`;
}

function button(to: string, key: string, name: string, sign: string): Html {
  return html`<button type="button" data-to="${to}" title="${name} (${key})" aria-label="${name}">${sign}</button>`;
}

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["←", "→"], "the step before, and the next"],
  [["Shift ←", "Shift →"], "the same in the lane of this step"],
  [["[", "]"], "the event before, and the next: whatever is no instruction"],
  [["Home", "End"], "the first step, and the last"],
  [["?"], "these keys"],
];

function renderKeys(): Html {
  const rows = KEYS.map(
    ([keys, what]) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what}</dd>`,
  );
  return html`<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2><dl class="facts">${rows}</dl><form method="dialog"><button>Close</button></form></dialog>`;
}
