import { count, counted } from "../../page/figures.ts";
import { type Html, html, NOTHING, plain, shown } from "../../page/html.ts";
import { listed } from "../../page/sentence.ts";
import type { Disagreement, Verdict } from "../report.ts";
import { renderAnswers, renderFirst } from "./bytes.ts";
import { renderFlags, renderInput, renderReplay } from "./input.ts";

/**
 * One disagreement.
 *
 * @param id its anchor
 * @param encoder the number of its encoder in the filter
 */
export function renderCard(disagreement: Disagreement, id: string, encoder: number): Html {
  const { arch, operation, name, field, cases, masks, flags, input, replay } = disagreement;
  const title =
    name === null || name === field ? html`${shown(field, 80)}` : html`${name} ${shown(field, 80)}`;
  const what = plain(name === null ? field : `${name} ${field}`, 80);
  const telling = flags.some((flag) => flag !== field);
  const often = masks > 1 ? html`, one of ${count(masks)} masks` : NOTHING;
  return html`<article id="${id}" data-encoder="${encoder}" data-operation="${operation}" data-arch="${arch}" aria-labelledby="${id}-t">
<div class="head"><h4 class="mono" id="${id}-t"><a href="#${id}">${title}</a></h4><p class="mono first">${renderFirst(disagreement)}</p><span class="soft">${counted(cases, "case")}${often}</span></div>
<dl>${renderAnswers(disagreement)}${telling ? renderFlags(flags) : NOTHING}<dt>verdict</dt><dd class="mono">${renderVerdict(disagreement.verdict)}</dd>
${name === null ? NOTHING : renderInput(input)}${renderReplay(replay, what)}</dl></article>
`;
}

function renderVerdict({ by, right, wrong, reason }: Verdict): Html {
  const told = shown(reason, 400);
  if (by === "nobody") return html`<b>undecided</b>: ${told}`;
  const namesOf = (names: readonly string[]) => listed(names.map((name) => shown(name, 60)));
  const losers =
    wrong.length === 0 ? html`nobody is wrong` : html`<b class="bad">${namesOf(wrong)} wrong</b>`;
  const others = right.filter((name) => name !== by);
  const winners = others.length === 0 ? NOTHING : html`, ${namesOf(others)} right`;
  return html`by the ${by === "abi" ? "ABI" : by}: ${losers}${winners}; ${told}`;
}
