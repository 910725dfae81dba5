import { type Html, html, plain } from "../../../page/html.ts";
import type { Arrow } from "../../recording.ts";

const ARROWS: readonly (readonly [kind: Arrow["kind"], name: string])[] = [
  ["clone", "clone"],
  ["signal", "signal"],
  ["wait", "wait"],
  ["attach", "attach"],
];

/** How far an arrow keeps from the shapes at its ends. */
const GAP = 8;

/** What the arrows end with. */
export function renderHeads(): Html {
  return html`<defs><marker id="head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0L6 3L0 6z"/></marker></defs>`;
}

/** @param placeOf where a step is in the picture */
export function renderArrow(
  { kind, from, to, label }: Arrow,
  placeOf: (index: number) => readonly [x: number, y: number],
): Html {
  const [[x1, y1], [x2, y2]] = [placeOf(from), placeOf(to)];
  // In one lane it goes over what lies between; else from the edge of the one shape to that of the other.
  const way = Math.sign(y2 - y1);
  const path =
    way === 0
      ? `M${x1} ${y1 - GAP}C${x1} ${y1 - 2 * GAP} ${x2} ${y2 - 2 * GAP} ${x2} ${y2 - GAP}`
      : `M${x1} ${y1 + way * GAP}C${x1} ${y1 + way * 2 * GAP} ${x2} ${y2 - way * 2 * GAP} ${x2} ${y2 - way * GAP}`;
  return html`<path class="arrow a-${kind}" data-ends="${from} ${to}" marker-end="url(#head)" d="${path}"><title>${plain(label, 60)}</title></path>
`;
}

/** What the arrows of those kinds mean. */
export function renderArrowLegend(present: ReadonlySet<Arrow["kind"]>): Html[] {
  return ARROWS.filter(([kind]) => present.has(kind)).map(
    ([kind, name]) =>
      html`<li><svg width="26" height="16" aria-hidden="true"><path class="arrow a-${kind}" marker-end="url(#head)" d="M1 8H24"/></svg>${name}</li>`,
  );
}
