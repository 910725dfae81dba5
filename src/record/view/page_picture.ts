import { type Html, html, plain } from "../../page/html.ts";
import { renderArrow, renderArrowLegend, renderHeads } from "./page_arrows.ts";
import { LANE, renderLegend, renderShapes, STEP, xOf, yOf } from "./page_glyphs.ts";
import type { Kept } from "./page_kept.ts";
import { lives } from "./told.ts";

/**
 * The lanes with their steps and arrows. It repeats the table of all steps, so it is nothing for those who cannot
 * see it; its links are for the mouse.
 */
export function renderPicture({ recording, marks }: Kept): Html {
  const { lanes, steps, arrows } = recording;
  const rank = new Map(lanes.map(({ id }, i) => [id, i]));
  const laneOf = (index: number) => rank.get(steps[index]?.lane ?? "") ?? 0;
  const labels = lanes.map(
    ({ id, pid }) =>
      html`<li title="${plain(id, 60)}"><b>${plain(id, 60)}</b> <span class="soft">${pid}</span></li>`,
  );
  const [width, height] = [steps.length * STEP, lanes.length * LANE];
  const kinds = new Set(steps.map(({ kind }) => kind));
  return html`<section class="picture" aria-hidden="true"><ul class="labels">${labels}</ul>
<div class="scroll" id="picture"><svg width="${width}" height="${height}">
${renderShapes()}${renderHeads()}
<rect id="now" y="0" width="${STEP}" height="${height}" visibility="hidden"/>
${renderLives(recording, rank)}
${arrows.map((arrow) => renderArrow(arrow, laneOf))}
${marks}
</svg></div>
<ul class="legend">${renderLegend(kinds)}${renderArrowLegend(new Set(arrows.map(({ kind }) => kind)))}</ul>
</section>`;
}

/** A line for each lane: strong while it has a part in what happens, faint where it is there and has none. */
function renderLives(recording: Kept["recording"], rank: ReadonlyMap<string, number>): Html[] {
  const { steps } = recording;
  return [...lives(recording)].map(([id, [from, to]]) => {
    const own = (kind: string) => steps.some((step) => step.lane === id && step.kind === kind);
    const start = own("clone") ? from : 0;
    const end = own("exit") ? to : steps.length - 1;
    const y = yOf(rank.get(id) ?? 0);
    return html`<path class="there" d="M${xOf(start)} ${y}H${xOf(end)}"/><path class="life" d="M${xOf(from)} ${y}H${xOf(to)}"/>
`;
  });
}
