import { type Html, html, NOTHING } from "./html.ts";

/** Pixels of a bar at full scale, and of its height. */
const WIDTH = 180;
const HEIGHT = 11;
const MIDDLE = HEIGHT / 2;

/** A quantity with its quartiles, if they are known; `base` is the part of it that is overhead. */
export interface Spread {
  readonly median: number;
  readonly quartiles: readonly [lower: number, upper: number] | undefined;
  readonly base: number;
}

/**
 * A bar as long as the median, with the base in another color and a whisker between the quartiles. It is hidden from
 * screen readers, because the same numbers stand beside it.
 *
 * @param scale the quantity at the end of the scale
 */
export function renderBar({ median, quartiles, base }: Spread, scale: number): Html {
  const at = (quantity: number) =>
    Number(((Math.min(quantity, scale) / (scale || 1)) * (WIDTH - 2)).toFixed(1));
  const [start, end] = [at(Math.min(base, median)), at(median)];
  const [q1, q3] = quartiles?.map(at) ?? [];
  const whisker =
    q1 === undefined || q3 === undefined
      ? NOTHING
      : html`<path d="M${q1} ${MIDDLE}H${q3}M${q1} 1v9M${q3} 1v9"/>`;
  const own = Number((end - start).toFixed(1));
  return html`<svg class="bar" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true"><rect class="base" y="2" width="${start}" height="7"/><rect class="own" x="${start}" y="2" width="${own}" height="7"/>${whisker}</svg>`;
}
