import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import type { Html } from "../../../lib/page/html.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { Annotator } from "../annotate.ts";
import { Moments } from "../moment.ts";
import type { Recording } from "../recording.ts";
import { type Stage, stageAt } from "../stage/stage.ts";
import { STAGE_STYLE } from "../stage/style.ts";
import { drawStage, toMarkup } from "../stage/svg.ts";

/** A lesson in one picture, as a part of a page. Beside its title it says nothing to those who do not see it. */
export function renderPicture(recording: Recording, width: number, words = true): Html {
  const { attributes, ...drawn } = drawStage(decisive(recording), { width, words });
  const { "aria-label": _, role: __, ...rest } = attributes;
  return toMarkup({ ...drawn, attributes: { ...rest, "aria-hidden": "true" } });
}

/** The preview of a lesson's page: an SVG file. */
export function renderPreview(recording: Recording): string {
  const { tag, attributes, children } = drawStage(decisive(recording), { width: 960 });
  const own = `${BASE_STYLE}${STAGE_STYLE}.stage { background: var(--paper); }`;
  const style = { tag: "style", attributes: {}, children: [own.replace(/\s+/g, " ")] };
  const named = { ...attributes, xmlns: "http://www.w3.org/2000/svg" };
  return `${toMarkup({ tag, attributes: named, children: [style, ...children] }).markup}\n`;
}

/** More steps than these are not searched. */
const MOST = 500;

/** The first of the moments at which most moves between most processes. It does not answer a question. */
function decisive(recording: Recording): Stage {
  const moments = new Moments(recording);
  const { constants } = openAssemblyEncoder(recording.machine.arch);
  const annotator = new Annotator(moments, constants);
  let [best, most] = [stageAt(moments, annotator, 0), -1];
  for (const index of recording.steps.slice(0, MOST).keys()) {
    if (moments.questionsAt(index).length > 0) continue;
    const stage = stageAt(moments, annotator, index);
    const between = stage.moves.filter(({ from, to }) => from !== to);
    const births = between.filter(({ kind }) => kind === "clone").length;
    const value = 3 * stage.boxes.length + 2 * between.length + 4 * births;
    if (value > most) [best, most] = [stage, value];
  }
  return best;
}
