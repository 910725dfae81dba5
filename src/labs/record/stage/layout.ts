// Where boxes and the lines between them are, in pixels.

import type { PlacedBox, Stage } from "./stage.ts";

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line with its head, and the points that something passes on it. */
export interface Route {
  readonly path: string;
  readonly head: string;
  readonly start: Point;
  readonly middle: Point;
  readonly end: Point;
}

type Point = readonly [x: number, y: number];

/** Lines of a box: its head, a word, a line of code. */
export const HEAD = 50;
export const ROW = 20;

/** Between boxes, and around them. */
const GAP = 46;
const MARGIN = 12;

/** The most that a box is wide; and what a column takes with its gap: less is scaled down, and still less is stacked. */
const [WIDEST, COLUMN, NARROW] = [300, 245, 200];

/** Room for what a process with registers has, and without. */
const [RICH, POOR] = [240, 108];

export class Layout {
  readonly width: number;
  readonly height: number;
  /** Whether boxes are below each other: there is no room for columns. */
  readonly isNarrow: boolean;
  readonly #rects: ReadonlyMap<string, Rect>;
  readonly #columns: ReadonlyMap<string, number>;

  /** @param words whether boxes have them */
  constructor({ boxes, columns, rows }: Stage, width: number, words: boolean) {
    this.isNarrow = words && width < NARROW * columns && columns > 1;
    this.width = words && !this.isNarrow ? Math.max(width, COLUMN * columns) : width;
    const room = this.width - 2 * MARGIN;
    const gap = words ? Math.max(72, Math.min(150, room / columns / 2.8)) : 24;
    const own = Math.min(WIDEST, (room - (columns - 1) * gap) / columns);
    const heightOf = ({ words: all, code }: PlacedBox) =>
      words ? HEAD + 16 + all.length * ROW + (code.length > 0 ? code.length * ROW + 8 : 0) : 34;
    const tops = [words ? GAP : MARGIN];
    for (const [row, isRich] of rows.entries()) {
      const heights = boxes.filter((box) => box.row === row).map(heightOf);
      const most = Math.max(words ? (isRich ? RICH : POOR) : 34, ...heights);
      tops.push((tops[row] ?? 0) + most + (words ? GAP : MARGIN));
    }
    const pitch = columns > 1 ? (room - own) / (columns - 1) : 0;
    let next = GAP;
    const order = boxes.toSorted((a, b) => a.row - b.row || a.column - b.column);
    const rects = order.map((box): readonly [string, Rect] => {
      const height = heightOf(box);
      if (!this.isNarrow) {
        const x = MARGIN + box.column * pitch;
        return [box.id, { x, y: tops[box.row] ?? 0, width: own, height }];
      }
      const x = MARGIN + 12 + 14 * box.column;
      const rect = { x, y: next, width: width - x - 40, height };
      next += height + GAP;
      return [box.id, rect];
    });
    this.#rects = new Map(rects);
    this.#columns = new Map(boxes.map(({ id, column }) => [id, column]));
    this.height = this.isNarrow ? next : (tops.at(-1) ?? 0);
  }

  rect(id: string): Rect {
    return this.#rects.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  }

  /**
   * The line from a box to another, or to itself.
   *
   * @param track 0 for what is between parents and children, 1 for what is between tracers and tracees
   */
  route(from: string, to: string, track: number): Route {
    const [a, b] = [this.rect(from), this.rect(to)];
    const across = (this.#columns.get(to) ?? 0) - (this.#columns.get(from) ?? 0);
    if (from === to) return loop(a);
    if (this.isNarrow) return bracket(a, b, track === 0 ? -1 : (this.#columns.get(from) ?? 0));
    if (across === 0) return vertical(a, b, track);
    const way = Math.sign(across);
    if (Math.abs(across) > 1) return this.#around(a, b, way, track);
    const [x1, x2] = way > 0 ? [a.x + a.width, b.x] : [a.x, b.x + b.width];
    const dy = 16 + 22 * track;
    const [y1, y2] = [a.y + dy, b.y + dy];
    const bend = (x2 - x1) / 2;
    const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    return line(path, [x1, y1], [(x1 + x2) / 2, (y1 + y2) / 2], [x2, y2], [way, 0]);
  }

  /** Over the boxes between two for a parent, under them for others. */
  #around(a: Rect, b: Rect, way: number, track: number): Route {
    const isOver = track === 0;
    const edge = ({ y, height }: Rect) => (isOver ? y : y + height);
    const all = [...this.#rects.values()].filter(({ y }) => y <= Math.max(a.y, b.y));
    const y = isOver ? Math.min(a.y, b.y) - 16 : Math.max(...all.map(edge)) + 2 + 10 * track;
    const inset = way * (20 + 16 * track);
    const x1 = (way > 0 ? a.x + a.width : a.x) - inset;
    const x2 = (way > 0 ? b.x : b.x + b.width) + inset;
    const r = isOver ? 8 : -8;
    const turn = way * 8;
    const path =
      `M${x1} ${edge(a)}V${y + r}Q${x1} ${y} ${x1 + turn} ${y}` +
      `H${x2 - turn}Q${x2} ${y} ${x2} ${y + r}V${edge(b)}`;
    const middle: Point = [(x1 + x2) / 2, y];
    return line(path, [x1, y], middle, [x2, y], [0, isOver ? 1 : -1], [x2, edge(b)]);
  }
}

function loop({ x, y, width }: Rect): Route {
  const [left, right] = [x + width - 70, x + width - 30];
  const path = `M${left} ${y}C${left} ${y - 30} ${right} ${y - 30} ${right} ${y}`;
  return line(path, [left, y], [left + 20, y - 30], [right, y], [0, 1]);
}

function vertical(a: Rect, b: Rect, track: number): Route {
  const way = Math.sign(b.y - a.y);
  const x = a.x + 30 + 24 * track;
  const [y1, y2] = way > 0 ? [a.y + a.height, b.y] : [a.y, b.y + b.height];
  return line(`M${x} ${y1}V${y2}`, [x, y1], [x + 40, (y1 + y2) / 2], [x, y2], [0, way]);
}

/** At the left for a parent, −1; at the right for others, by the columns that they have otherwise. */
function bracket(a: Rect, b: Rect, column: number): Route {
  const isLeft = column < 0;
  const side = (rect: Rect) => (isLeft ? rect.x : rect.x + rect.width);
  const out = isLeft ? Math.min(a.x, b.x) - 10 : Math.max(side(a), side(b)) + 10 + 7 * column;
  const [y1, y2] = [a.y + 24, b.y + 24];
  const path = `M${side(a)} ${y1}H${out}V${y2}H${side(b)}`;
  const x = isLeft ? b.x + 40 : b.x + b.width - 30;
  const middle: Point = [x, Math.max(a.y, b.y) - 24];
  return line(path, [out, y1], middle, [out, y2], [isLeft ? 1 : -1, 0], [side(b), y2]);
}

function line(
  path: string,
  start: Point,
  middle: Point,
  end: Point,
  [dx, dy]: Point,
  [x, y]: Point = end,
): Route {
  // A triangle with its tip at the end of the line.
  const back = `${-8 * dx - 4 * dy} ${-8 * dy - 4 * dx}`;
  return { path, head: `M${x} ${y}l${back}l${8 * dy} ${8 * dx}z`, start, middle, end };
}
