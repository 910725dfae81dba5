import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { grouped } from "../../../lib/group.ts";
import { Html, html } from "../../../lib/page/html.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { cut, visible } from "../../../lib/visible.ts";
import { Annotator } from "../annotate.ts";
import { Moments } from "../moment.ts";
import type { Recording } from "../recording.ts";
import { COLUMN } from "../stage/layout.ts";
import { type Stage, stageAt } from "../stage/stage.ts";
import { STAGE_STYLE } from "../stage/style.ts";
import { drawStage, type Node, toMarkup } from "../stage/svg.ts";

/** A lesson in one picture, as a part of a page. Beside its title it says nothing to those who do not see it. */
export function renderPicture(recording: Recording, width: number): Html {
  return silent(drawStage(decisive(recording), { width }));
}

/** Likewise a small one of each lesson: the moment with what the others do not have. */
export function renderThumbnails(recordings: readonly Recording[], width: number): Html[] {
  const all = recordings.map((recording) => momentsOf(recording));
  const owners = all.flatMap((moments) => [...new Set(moments.flatMap(({ marks }) => marks))]);
  const rarity = new Map(
    [...grouped(owners, (mark) => mark)].map(([mark, { length }]) => [mark, 1 / length]),
  );
  return all.map((moments) => {
    const worthOf = ({ marks }: Shown) =>
      marks.reduce((sum, mark) => sum + (rarity.get(mark) ?? 0) ** 2, 0);
    const best = bestOf(moments, worthOf);
    return silent(drawStage(best.stage, { width, words: false, title: best.title }));
  });
}

function silent({ attributes, ...drawn }: Node): Html {
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

interface Shown {
  readonly stage: Stage;
  readonly title: string;
  /** What can be seen in it, without numbers. */
  readonly marks: readonly string[];
}

/** The moments that answer no question. */
function momentsOf(recording: Recording): readonly [Shown, ...Shown[]] {
  const moments = new Moments(recording);
  const { constants } = openAssemblyEncoder(recording.machine.arch);
  const annotator = new Annotator(moments, constants);
  const shown = (index: number): Shown => {
    const stage = stageAt(moments, annotator, index);
    const { title = "" } = recording.steps[index] ?? {};
    const told = [
      ...stage.moves.map(({ label }) => label),
      ...stage.boxes.flatMap(({ told, words }) => [told, ...words.map(({ name }) => name)]),
      ...[title, ...stage.frames.map((frame) => frame.title)],
    ];
    const marks = new Set(told.map((text) => text.replace(/0x[\da-f]+|\d+/g, "")));
    return { stage, title, marks: [...marks] };
  };
  const quiet = [...recording.steps.slice(0, MOST).keys()].filter(
    (index) => moments.questionsAt(index).length === 0,
  );
  const [first = 0, ...rest] = quiet;
  return [shown(first), ...rest.map(shown)];
}

/** The moment with the most processes, movements between them, and words; the first of several. */
function decisive(recording: Recording): Stage {
  const worthOf = ({ stage: { boxes, moves } }: Shown) => {
    const between = moves.filter(({ from, to }) => from !== to);
    const told = between.filter(({ kind }) => kind === "clone" || kind === "signal").length;
    const words = boxes.flatMap((box) => box.words);
    return 3 * (boxes.length + told) + 2 * between.length + words.length / 2;
  };
  return bestOf(momentsOf(recording), worthOf).stage;
}

/** The moment with the highest worth; the first of several. */
const bestOf = (all: readonly Shown[], worthOf: (moment: Shown) => number): Shown =>
  all.reduce((best, next) => (worthOf(next) > worthOf(best) ? next : best));
