import { counted } from "../../page/figures.ts";
import { fit, leftOut } from "../../page/fit.ts";
import { type Html, html, NOTHING, plain, shown } from "../../page/html.ts";
import type { BreakKind } from "../record.ts";
import type { Breakage } from "../report.ts";
import { Anchors } from "./anchor.ts";
import { renderInput, renderReplay } from "./input.ts";

/** How many bytes of the page they take at most. */
const BYTES = 50_000;

/** What each kind of failure to answer is. */
const KINDS: Readonly<Record<BreakKind, string>> = {
  trap: "a trap or an exception ended the call",
  answer: "answered with something else than a number of the right kind",
  memory: "its memory moved or grew",
  loop: "did not return in time",
  crash: "its process ended",
  refused: "was refused when it was opened",
};

/** The encoders that did not answer; nothing where all did. */
export function renderBroken(broken: readonly Breakage[]): Html {
  if (broken.length === 0) return NOTHING;
  const anchors = new Anchors("b-");
  const cards = fit(broken, (each) => renderBreakage(each, anchors), BYTES);
  return html`<section aria-labelledby="broken"><h2 id="broken">Broken encoders</h2>
<p class="soft">${counted(broken.length, "function")} without an answer. What came before counts; from there on the encoder is not compared in that function.</p>
${leftOut(broken.length - cards.length, "of them", "of them")}
${cards}</section>`;
}

function renderBreakage(
  { encoder, arch, name, kind, message, input, replay }: Breakage,
  anchors: Anchors,
): Html {
  const id = anchors.give([arch, name, encoder, kind]);
  const place = name ?? "when opened";
  return html`<article id="${id}" aria-labelledby="${id}-t">
<div class="head"><h3 class="mono" id="${id}-t"><a href="#${id}">${shown(encoder, 80)} ${place}</a></h3><span class="soft">${arch ?? ""}</span></div>
<dl><dt>${kind}</dt><dd>${KINDS[kind]}</dd>
<dt>message</dt><dd><code>${shown(message, 600)}</code></dd>
${name === null ? NOTHING : renderInput(input)}${replay === null ? NOTHING : renderReplay(replay, plain(`${encoder} ${place}`, 80))}</dl></article>
`;
}
