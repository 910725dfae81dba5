// Where boxes and the lines between them are, in pixels.

import type { PlacedBox, Stage } from "./stage.ts";

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Point = readonly [x: number, y: number];

/** A line with its head, where it leaves its first box, and where its label is. */
export interface Route {
  readonly path: string;
  readonly head: string;
  readonly start: Point;
  readonly middle: Point;
}

/** The height of a box's head, and of a line in it. */
export const [HEAD, ROW] = [50, 20];

/** Between boxes, and around them. */
const [GAP, MARGIN] = [46, 12];

/** The most that a box is wide; and what a column takes with its gap: less is scaled down, and still less is stacked. */
const [WIDEST, COLUMN, NARROW] = [300, 245, 200];

/** Room for what a process with registers has, and without; and the height without words. */
const [RICH, POOR, PLAIN] = [240, 108, 34];

export class Layout {
  readonly width: number;
  readonly height: number;
  /** Whether boxes are below each other: there is no room for columns. */
  readonly isNarrow: boolean;
  readonly #rects = new Map<string, Rect & { readonly column: number }>();

  /** @param words whether boxes have them */
  constructor({ boxes, columns, rows }: Stage, width: number, words: boolean) {
    this.isNarrow = words && columns > 1 && width < NARROW * columns;
    this.width = words && !this.isNarrow ? Math.max(width, COLUMN * columns) : width;
    const room = this.width - 2 * MARGIN;
    const gap = words ? Math.max(72, Math.min(150, room / columns / 2.8)) : 24;
    const own = Math.min(WIDEST, (room - (columns - 1) * gap) / columns);
    const pitch = columns > 1 ? (room - own) / (columns - 1) : 0;
    const below = words ? GAP : MARGIN;
    const heightOf = (box: PlacedBox) => (words ? HEAD + 16 + box.words.length * ROW : PLAIN);
    let y = below;
    for (const [row, isRich] of rows.entries()) {
      const all = boxes.filter((box) => box.row === row).toSorted((a, b) => a.column - b.column);
      for (const box of all) {
        const { id, column } = box;
        const height = heightOf(box);
        const x = MARGIN + (this.isNarrow ? 12 + 14 * column : column * pitch);
        this.#rects.set(id, { x, y, width: this.isNarrow ? width - x - 40 : own, height, column });
        if (this.isNarrow) y += height + below;
      }
      const reserved = words ? (isRich ? RICH : POOR) : PLAIN;
      if (!this.isNarrow) y += Math.max(reserved, ...all.map(heightOf)) + below;
    }
    this.height = y;
  }

  rect(id: string): Rect {
    const { x, y, width, height } = this.#rect(id);
    return { x, y, width, height };
  }

  #rect(id: string) {
    return this.#rects.get(id) ?? { x: 0, y: 0, width: 0, height: 0, column: 0 };
  }

  /**
   * The line from a box to another, or to itself.
   *
   * @param track 0 for what is between parents and children, 1 for what is between tracers and tracees
   */
  route(from: string, to: string, track: 0 | 1): Route {
    const [a, b] = [this.#rect(from), this.#rect(to)];
    const across = b.column - a.column;
    const way = Math.sign(across);
    if (from === to) return loop(a);
    if (this.isNarrow || across === 0) return this.#beside(a, b, track, a.column);
    if (Math.abs(across) > 1) return this.#around(a, b, way, track);
    const [x1, x2] = way > 0 ? [a.x + a.width, b.x] : [a.x, b.x + b.width];
    const [y1, y2] = [a.y + 16 + 22 * track, b.y + 16 + 22 * track];
    const middle: Point = [(x1 + x2) / 2, (y1 + y2) / 2];
    const path = `M${x1} ${y1}C${middle[0]} ${y1} ${middle[0]} ${y2} ${x2} ${y2}`;
    return { path, head: head(x2, y2, way, 0), start: [x1, y1], middle };
  }

  /** Along boxes that are below each other: at the left for parents, at the right for tracers. */
  #beside(a: Rect, b: Rect, track: 0 | 1, column: number): Route {
    const side = ({ x, width }: Rect) => x + track * width;
    const out =
      track === 0 ? Math.min(a.x, b.x) - 10 : Math.max(side(a), side(b)) + 10 + 7 * column;
    const [y1, y2] = [a.y + 24, b.y + 24];
    const path = `M${side(a)} ${y1}H${out}V${y2}H${side(b)}`;
    const x = track === 0 ? b.x + 40 : side(b) - 30;
    const middle: Point = [x, Math.max(a.y, b.y) - 24];
    return { path, head: head(side(b), y2, track === 0 ? 1 : -1, 0), start: [out, y1], middle };
  }

  /** Over the boxes between two for parents, under them for tracers. */
  #around(a: Rect, b: Rect, way: number, track: 0 | 1): Route {
    const edge = ({ y, height }: Rect) => y + track * height;
    const low = [...this.#rects.values()].filter(({ y }) => y <= Math.max(a.y, b.y)).map(edge);
    const y = track === 0 ? Math.min(a.y, b.y) - 16 : Math.max(...low) + 12;
    const inset = way * (20 + 16 * track);
    const x1 = (way > 0 ? a.x + a.width : a.x) - inset;
    const x2 = (way > 0 ? b.x : b.x + b.width) + inset;
    const [r, turn] = [track === 0 ? 8 : -8, way * 8];
    const path =
      `M${x1} ${edge(a)}V${y + r}Q${x1} ${y} ${x1 + turn} ${y}` +
      `H${x2 - turn}Q${x2} ${y} ${x2} ${y + r}V${edge(b)}`;
    const start: Point = [x1, y];
    const middle: Point = [(x1 + x2) / 2, track === 0 ? y - 28 : y];
    return { path, head: head(x2, edge(b), 0, Math.sign(r)), start, middle };
  }
}

function loop({ x, y, width }: Rect): Route {
  const [left, right] = [x + width - 70, x + width - 30];
  const path = `M${left} ${y}C${left} ${y - 30} ${right} ${y - 30} ${right} ${y}`;
  return { path, head: head(right, y, 0, 1), start: [left + 20, y], middle: [left + 20, y - 42] };
}

/** A triangle with its tip at a point, in a direction. */
const head = (x: number, y: number, dx: number, dy: number) =>
  `M${x} ${y}l${-8 * dx - 4 * dy} ${-8 * dy - 4 * dx}l${8 * dy} ${8 * dx}z`;
