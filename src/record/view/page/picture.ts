import { type Html, html, plain } from "../../../page/html.ts";
import type { Recording } from "../../recording.ts";
import { lives } from "../told.ts";
import { renderArrow, renderArrowLegend, renderHeads } from "./arrows.ts";
import { LANE, renderLegend, renderShapes, yOf } from "./glyphs.ts";
import type { Kept } from "./kept.ts";

/**
 * The lanes with their steps and arrows. It repeats the table of all steps, so it is nothing for those who cannot
 * see it; its links are for the mouse, and it follows the step that is shown.
 */
export function renderPicture({ recording, marks, width: step }: Kept): Html {
  const { lanes, steps, arrows } = recording;
  const rank = new Map(lanes.map(({ id }, i) => [id, i]));
  const placeOf = (index: number): [number, number] => [
    (index + 0.5) * step,
    yOf(rank.get(steps[index]?.lane ?? "") ?? 0),
  ];
  const labels = lanes.map(
    ({ id, pid }) =>
      html`<li title="${plain(id, 60)}"><b>${plain(id, 60)}</b> <span class="soft">${pid}</span></li>`,
  );
  const [width, height] = [steps.length * step, lanes.length * LANE];
  const kinds = new Set(steps.map(({ kind }) => kind));
  return html`<section class="picture" id="lanes" aria-hidden="true"><ul class="labels">${labels}</ul>
<div id="picture" tabindex="-1"><svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">
${renderShapes()}${renderHeads()}
<rect id="now" y="0" width="${step}" height="${height}" visibility="hidden"/>
${renderLives(recording, rank, step)}
${arrows.map((arrow) => renderArrow(arrow, placeOf))}
${marks}
</svg></div>
<ul class="legend">${renderLegend(kinds)}${renderArrowLegend(new Set(arrows.map(({ kind }) => kind)))}</ul>
</section>`;
}

/** A line for each lane: strong while it has a part in what happens, faint where it is there and has none. */
function renderLives(
  recording: Recording,
  rank: ReadonlyMap<string, number>,
  step: number,
): Html[] {
  const x = (index: number) => (index + 0.5) * step;
  const { steps } = recording;
  return [...lives(recording)].map(([id, [from, to]]) => {
    const own = (kind: string) => steps.some((each) => each.lane === id && each.kind === kind);
    const start = own("clone") ? from : 0;
    const end = own("exit") ? to : steps.length - 1;
    const y = yOf(rank.get(id) ?? 0);
    return html`<path class="there" d="M${x(start)} ${y}H${x(end)}"/><path class="life" d="M${x(from)} ${y}H${x(to)}"/>
`;
  });
}
