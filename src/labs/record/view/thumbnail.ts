import { Html, html } from "../../../lib/page/html.ts";
import { cut } from "../../../lib/visible.ts";
import { Moments } from "../moment.ts";
import type { Arrow, Recording, StepKind } from "../recording.ts";

/** Pixels: of the picture, of the lanes' names, of a lane. */
const WIDTH = 320;
const LEFT = 84;
const ROW = 20;
const MARGIN = 8;

/** The most that is drawn: more would be a smear. */
const LANES = 10;
const ARROWS = 100;
/** Characters of a lane's name that there is room for. */
const NAME = 13;

/** What a kind of step looks like, from the lane's line on; no entry is no mark. */
const MARKS: Readonly<Partial<Record<StepKind, string>>> = {
  instruction: "m0-2v4",
  syscall: "m0-5v10",
  ptrace: "m0-5v10",
  signal: "m-3 0l3-3 3 3-3 3z",
  stop: "m-2.5-2.5h5v5h-5z",
};

/**
 * A recording at a glance: a line for each lane from its first step on, a mark for each step, and the arrows between
 * them. It does not show which lanes end, because questions are asked about that. It says nothing that the page of the
 * recording does not, so it is nothing for those who cannot see it.
 */
export function renderThumbnail(recording: Recording): Html {
  const { steps, arrows } = recording;
  const moments = new Moments(recording);
  const birthOf = (id: string) => moments.life(id, steps.length)?.[0];
  const lanes = recording.lanes.filter(({ id }) => birthOf(id) !== undefined).slice(0, LANES);
  const rows = new Map(lanes.map(({ id }, i) => [id, MARGIN + i * ROW + ROW / 2]));
  const scale = (WIDTH - LEFT - 2 * MARGIN) / Math.max(steps.length - 1, 1);
  const x = (step: number) => Math.round(LEFT + MARGIN + step * scale);

  const lines = lanes.map(({ id }, i) => {
    const [from, y] = [x(birthOf(id) ?? 0), rows.get(id) ?? 0];
    return html`<g class="p${i % 6}"><text x="${LEFT - 4}" y="${y + 3}">${shorten(id)}</text><path class="life" d="M${from} ${y}H${x(steps.length - 1) + 1}"/></g>`;
  });
  const marks = new Map<string, Set<string>>();
  for (const [i, { lane, kind }] of steps.entries()) {
    const [y, mark] = [rows.get(lane), MARKS[kind]];
    if (y === undefined || mark === undefined) continue;
    const drawn = marks.get(kind) ?? new Set();
    marks.set(kind, drawn.add(`M${x(i)} ${y}${mark}`));
  }
  const paths = [...marks].map(
    ([kind, drawn]) => html`<path class="${kind}" d="${new Html([...drawn].join(""))}"/>`,
  );
  const links = new Set<string>();
  for (const { from, to } of arrows) {
    const link = drawArrow(from, to);
    if (link !== undefined && links.size < ARROWS) links.add(link);
  }
  const height = 2 * MARGIN + Math.max(lanes.length, 1) * ROW;
  return html`<svg class="thumbnail" viewBox="0 0 ${WIDTH} ${height}" aria-hidden="true">${lines}${paths}<path class="arrow" d="${new Html([...links].join(""))}"/></svg>`;

  /** A line from lane to lane, with its head. */
  function drawArrow(from: Arrow["from"], to: Arrow["to"]): string | undefined {
    const [y1, y2] = [rows.get(steps[from]?.lane ?? ""), rows.get(steps[to]?.lane ?? "")];
    if (y1 === undefined || y2 === undefined || y1 === y2) return undefined;
    const end = y2 > y1 ? y2 - 3 : y2 + 3;
    const back = y2 > y1 ? -4 : 4;
    return `M${x(from)} ${y1}L${x(to)} ${end}m-3 ${back}l3 ${-back} 3 ${back}`;
  }
}

function shorten(id: string): string {
  const { text, rest } = cut(id, NAME);
  return rest === 0 ? text : `${text}…`;
}
