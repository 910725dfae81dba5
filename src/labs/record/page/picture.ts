import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { Html, html } from "../../../lib/page/html.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { cut, visible } from "../../../lib/visible.ts";
import { Annotator } from "../annotate.ts";
import { Moments } from "../moment.ts";
import type { Recording } from "../recording.ts";
import { COLUMN } from "../stage/layout.ts";
import { type Stage, stageAt } from "../stage/stage.ts";
import { STAGE_STYLE } from "../stage/style.ts";
import { drawStage, toMarkup } from "../stage/svg.ts";

/** A lesson in one picture, as a part of a page. Beside its title it says nothing to those who do not see it. */
export function renderPicture(recording: Recording, width: number, words = true): Html {
  const { attributes, ...drawn } = drawStage(decisive(recording), { width, words });
  const { "aria-label": _, role: __, ...rest } = attributes;
  return toMarkup({ ...drawn, attributes: { ...rest, "aria-hidden": "true" } });
}

/** The preview of a lesson's page, as large as those who show links have it: an SVG file. */
export function renderPreview(recording: Recording): string {
  const decided = decisive(recording);
  // With as much height in proportion, rows leave no room unused at their sides.
  const width = Math.max(640, COLUMN * decided.columns, 470 * decided.rows);
  const stage = toMarkup(drawStage(decided, { width }));
  const style = new Html(`${BASE_STYLE}${STAGE_STYLE}`.replace(/\s+/g, " "));
  const title = visible(cut(recording.title, 80).text);
  const size = Math.min(44, Math.floor(1800 / title.length));
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630">
<style>${style}</style>
<rect width="1200" height="630" fill="var(--paper)"/>
<svg x="20" width="1160" height="500">${stage}</svg>
<text x="34" y="575" font-family="system-ui, sans-serif" font-weight="650" font-size="${size}" fill="var(--ink)">${title}</text>
</svg>
`.markup;
}

/** More steps than these are not searched. */
const MOST = 500;

/** The moment with the most processes, movements between them, and words; the first of several. It answers no question. */
function decisive(recording: Recording): Stage {
  const moments = new Moments(recording);
  const { constants } = openAssemblyEncoder(recording.machine.arch);
  const annotator = new Annotator(moments, constants);
  let [best, most] = [stageAt(moments, annotator, 0), -1];
  for (const index of recording.steps.slice(0, MOST).keys()) {
    if (moments.questionsAt(index).length > 0) continue;
    const stage = stageAt(moments, annotator, index);
    const between = stage.moves.filter(({ from, to }) => from !== to);
    const told = between.filter(({ kind }) => kind === "clone" || kind === "signal").length;
    const words = stage.boxes.flatMap((box) => box.words);
    const value = 3 * (stage.boxes.length + told) + 2 * between.length + words.length / 2;
    if (value > most) [best, most] = [stage, value];
  }
  return best;
}
