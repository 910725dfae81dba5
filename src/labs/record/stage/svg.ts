// The stage as a drawing: a small tree that Node.js turns into markup, and the script of a page into its own nodes.

import { Html, html, join } from "../../../lib/page/html.ts";
import { cut, visible } from "../../../lib/visible.ts";
import type { CodeRow } from "./box.ts";
import { HEAD, Layout, type Rect, ROW, type Route } from "./layout.ts";
import type { Move } from "./moves.ts";
import type { Edge, PlacedBox, Stage } from "./stage.ts";
import type { Word } from "./words.ts";

export interface Node {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (Node | string)[];
}

export interface DrawOptions {
  /** The pixels that there are: 960 by default. If columns do not fit, boxes stand below each other. */
  readonly width?: number;
  /** Whether boxes have words, and lines labels. Default: true. */
  readonly words?: boolean;
}

/** Pixels that a character takes: of words, of meanings and labels, of names. */
const [MONO, SANS, BOLD] = [7.6, 6.9, 9.4];

/** Pixels from a box's border to its text. */
const INSET = 12;

export function drawStage(stage: Stage, { width = 960, words = true }: DrawOptions = {}): Node {
  const layout = new Layout(stage, width, words);
  const { boxes, edges, moves, omitted, caption } = stage;
  const more =
    omitted === 0
      ? []
      : [text("more", layout.width - INSET, layout.height - 6, `and ${omitted} more`)];
  return node(
    "svg",
    {
      class: "stage",
      viewBox: `0 0 ${layout.width} ${layout.height}`,
      role: "img",
      "aria-label": fit(caption, 1000),
    },
    ...edges.map((edge) =>
      drawEdge(edge, layout, words && !moves.some((move) => isAlong(move, edge))),
    ),
    ...moves.map((move) => drawMove(move, layout, words)),
    ...boxes.map((box) => drawBox(box, layout.rect(box.id), words)),
    ...more,
  );
}

export function toMarkup({ tag, attributes, children }: Node): Html {
  const name = new Html(tag);
  const all = Object.entries(attributes).map(([key, value]) => html` ${new Html(key)}="${value}"`);
  const inner = children.map((child) =>
    typeof child === "string" ? html`${child}` : toMarkup(child),
  );
  return html`<${name}${join(all)}>${inner}</${name}>`;
}

/** Clones and signals go along the edges of parents, requests and reports along those of tracers. */
const TRACKS = {
  parent: 0,
  clone: 0,
  signal: 0,
  tracer: 1,
  attach: 1,
  request: 1,
  wait: 1,
} as const;

const NAMES = { parent: "parent of", tracer: "traces" } as const;

function drawEdge({ kind, from, to, past }: Edge, layout: Layout, isNamed: boolean): Node {
  const route = layout.route(from, to, TRACKS[kind]);
  const label = isNamed && !past ? [text("label", ...route.middle, NAMES[kind])] : [];
  const name = past ? `edge ${kind} past` : `edge ${kind}`;
  return node("g", { class: name }, ...drawLine(route), ...label);
}

function isAlong({ kind, from, to }: Move, edge: Edge): boolean {
  const ends = [edge.from, edge.to];
  return TRACKS[kind] === TRACKS[edge.kind] && ends.includes(from) && ends.includes(to);
}

const drawLine = ({ path, head }: Route) => [
  node("path", { class: "line", d: path }),
  node("path", { class: "head", d: head }),
];

/** The line, what travels on it once, and stays as its label. */
function drawMove({ kind, from, to, label, carries }: Move, layout: Layout, words: boolean): Node {
  const route = layout.route(from, to, TRACKS[kind]);
  const [x, y] = layout.isNarrow ? [layout.width / 2, route.middle[1] - 16] : route.middle;
  const [dx, dy] = [apart(x, route.start[0]), apart(y, route.start[1])];
  const room = layout.isNarrow ? 40 : 17;
  const lines = layout.isNarrow
    ? [[label, ...carries].join(" · ")]
    : [...wrap(label, room), ...carries];
  const tag = node(
    "g",
    { class: "tag" },
    ...lines.flatMap((line, i) => {
      const shown = fit(line, room);
      const wide = shown.length * SANS + 14;
      const top = y + 8 + i * 23;
      return [
        node("rect", { x: x - wide / 2, y: top, width: wide, height: 20, rx: 10 }),
        text("label", x, top + 14, shown),
      ];
    }),
  );
  // Scaled to the way, a step of one unit moves the whole way.
  const travelling = node(
    "g",
    { transform: `scale(${dx} ${dy})` },
    node("g", { class: "travels" }, node("g", { transform: `scale(${1 / dx} ${1 / dy})` }, tag)),
  );
  return node(
    "g",
    { class: `move ${kind}` },
    ...drawLine(route),
    ...(words ? [travelling, node("g", { class: "stays" }, tag)] : []),
  );
}

/** From one coordinate to another, but not nothing: by nothing nothing can be scaled back. */
const apart = (to: number, from: number) => to - from || 0.001;

function drawBox(box: PlacedBox, rect: Rect, words: boolean): Node {
  const { id, pid, colour, state, told, acts, isNew, isOld } = box;
  const { x, y, width, height } = rect;
  const classes = [`box s-${state ?? "none"}`, acts && "acts", isNew && "new", isOld && "old"];
  const frame = node("rect", { class: "frame", x, y, width, height, rx: 10 });
  const room = Math.floor((width - 2 * INSET - 16 - `${pid}`.length * MONO) / BOLD);
  const head = words
    ? [
        node("circle", { class: `dot p${colour}`, cx: x + INSET + 5, cy: y + 18, r: 5 }),
        text("name", x + INSET + 16, y + 23, fit(id, room)),
        text("pid", x + width - INSET, y + 23, `${pid}`),
        text("state", x + INSET, y + 42, fit(told, (width - 2 * INSET) / SANS)),
        ...box.words.flatMap((word, i) => drawWord(word, rect, y + HEAD + 4 + i * ROW)),
        ...drawCode(box.code, rect, y + HEAD + 8 + box.words.length * ROW),
      ]
    : [text(`name p${colour}`, x + width / 2, y + 22, fit(id, (width - 8) / 7))];
  return node("g", { class: classes.filter(Boolean).join(" ") }, frame, ...head);
}

function drawWord(
  { name, value, meaning, changed }: Word,
  { x, width }: Rect,
  top: number,
): Node[] {
  const all = Math.floor((width - 2 * INSET) / MONO);
  const named = Math.max(4, name.length) + 1;
  const shown = fit(value, all - named);
  const rest = ((all - named - shown.length - 1) * MONO) / SANS;
  return [
    ...(changed
      ? [
          node("rect", {
            class: "mark",
            x: x + 6,
            y: top,
            width: width - 12,
            height: ROW - 2,
            rx: 4,
          }),
        ]
      : []),
    text(changed ? "word changed" : "word", x + INSET, top + 14, fit(name, all)),
    text(changed ? "value changed" : "value", x + INSET + named * MONO, top + 14, shown),
    ...(rest < 4 ? [] : [text("meaning", x + width - INSET, top + 14, fit(meaning, rest))]),
  ];
}

function drawCode(code: readonly CodeRow[], { x, width }: Rect, top: number): Node[] {
  if (code.length === 0) return [];
  const rule = node("path", { class: "rule", d: `M${x + INSET} ${top}H${x + width - INSET}` });
  const rows = code.flatMap(({ text: line, mark }, i) => {
    const y = top + 4 + i * ROW;
    const room = (width - 2 * INSET) / MONO - 2;
    const back = node("rect", {
      class: "here",
      x: x + 6,
      y,
      width: width - 12,
      height: ROW - 1,
      rx: 4,
    });
    return [
      ...(mark === "next" ? [back, text("value", x + INSET, y + 14, "▸")] : []),
      text(mark === "next" ? "code next" : "code", x + INSET + 2 * MONO, y + 14, fit(line, room)),
    ];
  });
  return [rule, ...rows];
}

function node(tag: string, attributes: Node["attributes"], ...children: (Node | string)[]): Node {
  return { tag, attributes, children };
}

const text = (name: string, x: number, y: number, content: string) =>
  node("text", { class: name, x, y }, content);

/** At most so many characters. */
function fit(content: string, room: number): string {
  const { text: head, rest } = cut(visible(cut(content, 2000).text), Math.max(1, Math.floor(room)));
  return rest === 0 ? head : `${cut(head, Math.max(0, head.length - 1)).text}…`;
}

/** In lines of at most so many characters, if its words allow that. */
function wrap(content: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(" ").slice(0, 6)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= room) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}
