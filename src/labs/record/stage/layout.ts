// Where boxes and the lines between them are, in pixels.

import type { Stage } from "./stage.ts";

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly column: number;
}

type Point = readonly [x: number, y: number];

/** A line with its head, where it begins, and where its label is. */
export interface Route {
  readonly path: string;
  readonly head: string;
  readonly start: Point;
  readonly middle: Point;
}

/** From a box to the frame around it; above it, with the frame's title. */
export const [PADDING, TITLE] = [8, 26];

/** The height of a box's head, and of a line in it. */
export const [HEAD, ROW] = [50, 20];

/** Between rows of boxes, and between boxes below each other; and around them. */
const [GAP, NARROW_GAP, MARGIN] = [46, 30, 12];

/** The most that a box is wide; and what a column takes with its gap: less is scaled down, and still less is stacked. */
export const [WIDEST, COLUMN, NARROW] = [300, 250, 200];

/** The height of a box without words. */
const PLAIN = 34;

export class Layout {
  readonly width: number;
  readonly height: number;
  /** Whether boxes are below each other: there is no room for columns. */
  readonly isNarrow: boolean;
  /** Characters that a label has room for between columns. */
  readonly #room: number;
  readonly #rects = new Map<string, Rect>();
  /** From the top of a box to its lines for parents and tracers, and to those over and under it. */
  readonly #lines: readonly [parent: number, tracer: number, over: number, under: number];

  /** @param words whether boxes have them */
  constructor({ boxes, columns, rows, frames }: Stage, width: number, words: boolean) {
    this.isNarrow = words && columns > 1 && width < NARROW * columns;
    this.width = words && !this.isNarrow ? Math.max(width, COLUMN * columns) : width;
    const room = this.width - 2 * MARGIN;
    const gap = words ? Math.max(72, Math.min(150, room / columns / 2.8)) : 24;
    const own = Math.min(WIDEST, Math.floor((room - (columns - 1) * gap) / columns));
    const pitch = Math.floor((room - own) / Math.max(1, columns - 1));
    this.#room = this.isNarrow ? 44 : Math.floor((pitch - own) / 7);
    const below = !words ? MARGIN : this.isNarrow ? NARROW_GAP : GAP;
    this.#lines = words ? [16, 38, -34, 14] : [10, 24, -7, 7];
    // Below each other, threads of a process are together.
    const isByColumn = this.isNarrow && frames.length > 0;
    const lines = Array.from({ length: isByColumn ? columns : rows }, (_, line) =>
      boxes
        .filter((box) => line === (isByColumn ? box.column : box.row))
        .toSorted((a, b) => a.column - b.column || a.row - b.row),
    );
    let y = below;
    for (const line of lines) {
      let highest = 0;
      for (const { id, column, words: told } of line) {
        const height = !words ? PLAIN : HEAD + (told.length === 0 ? 4 : 12 + told.length * ROW);
        const x = MARGIN + (this.isNarrow ? 12 + 14 * column : column * pitch);
        this.#rects.set(id, { x, y, width: this.isNarrow ? width - x - 40 : own, height, column });
        if (this.isNarrow) y += height + below;
        else highest = Math.max(highest, height + below);
      }
      y += highest;
    }
    this.height = y;
  }

  rect(id: string): Rect {
    return this.#rects.get(id) ?? { x: 0, y: 0, width: 0, height: 0, column: 0 };
  }

  /** Characters that the label of a line has room for: in a column as many as a box. */
  roomOf(from: string, to: string): number {
    const { column, width } = this.rect(from);
    const isWithin = !this.isNarrow && this.rect(to).column === column;
    return isWithin ? Math.floor(width / 7) : this.#room;
  }

  /** Around boxes. */
  around(ids: readonly string[]): Omit<Rect, "column"> {
    const all = ids.map((id) => this.rect(id));
    const [x, y] = [Math.min(...all.map((rect) => rect.x)), Math.min(...all.map((rect) => rect.y))];
    const right = Math.max(...all.map((rect) => rect.x + rect.width)) + PADDING;
    const bottom = Math.max(...all.map((rect) => rect.y + rect.height)) + PADDING;
    const [left, top] = [x - PADDING, y - TITLE];
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  /**
   * The line from a box to another, or to itself.
   *
   * @param track 0 for what is between parents and children, 1 for what is between tracers and tracees
   */
  route(from: string, to: string, track: 0 | 1): Route {
    const [a, b] = [this.rect(from), this.rect(to)];
    const across = b.column - a.column;
    const [right, left] = [a.x + a.width, b.x + b.width];
    if (from === to) {
      const [x1, x2, y] = [right - 70, right - 30, a.y - (this.isNarrow ? 22 : 30)];
      return bent([x1, a.y], [x1, y], [x2, y], [x2, a.y]);
    }
    if (this.isNarrow || across === 0) {
      // Along the boxes: at the left for parents, at the right for tracers.
      const [x1, x2, y1, y2] = [a.x + track * a.width, b.x + track * b.width, a.y + 24, b.y + 24];
      const x = track === 0 ? Math.min(x1, x2) - 10 : Math.max(x1, x2) + 10 + 7 * a.column;
      const middle: Point = [x2 + 40 - 70 * track, Math.max(a.y, b.y) - (this.isNarrow ? 22 : 38)];
      return { ...bent([x1, y1], [x, y1], [x, y2], [x2, y2]), middle };
    }
    const way = Math.sign(across);
    if (way === across) {
      const [x1, x2] = way > 0 ? [right, b.x] : [a.x, left];
      const [y1, y2] = [a.y + this.#lines[track], b.y + this.#lines[track]];
      const x = (x1 + x2) / 2;
      const path = `M${x1} ${y1}C${x} ${y1} ${x} ${y2} ${x2} ${y2}`;
      return { ...bent([x1, y1], [x, y1], [x, y2], [x2, y2]), path };
    }
    // Over the boxes between the two for parents, if none stands over either; under them for all else.
    const all = [...this.#rects.values()];
    const isOver = ({ column, y }: Rect) =>
      [a, b].some((end) => column === end.column && y < end.y);
    const side = track === 0 && !all.some(isOver) ? 0 : 1;
    const edge = ({ y, height }: Rect) => y + side * height;
    const low = all.filter((rect) => rect.y <= Math.max(a.y, b.y)).map(edge);
    const [, , over, under] = this.#lines;
    const y = side === 0 ? Math.min(a.y, b.y) + over : Math.max(...low) + under;
    const inset = way * (20 + 16 * track);
    const [x1, x2] = way > 0 ? [right - inset, b.x + inset] : [a.x - inset, left + inset];
    return bent([x1, edge(a)], [x1, y], [x2, y], [x2, edge(b)]);
  }
}

/** A line with two corners, and a triangle with its tip at the end. */
function bent(start: Point, first: Point, second: Point, [x, y]: Point): Route {
  const [dx, dy] = [8 * Math.sign(x - second[0]), 8 * Math.sign(y - second[1])];
  return {
    path: `M${[start, first, second, [x, y]].map((point) => point.join(" ")).join("L")}`,
    head: `M${x} ${y}l${-dx - dy / 2} ${-dy - dx / 2}l${dy} ${dx}z`,
    start,
    middle: [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2],
  };
}
