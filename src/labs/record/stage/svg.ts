// The stage as a drawing: a small tree that Node.js turns into markup, and the script of a page into its own nodes.

import { Html, html, join } from "../../../lib/page/html.ts";
import { cut, visible } from "../../../lib/visible.ts";
import { stepNumber } from "../tell.ts";
import { wrap } from "../wrap.ts";
import type { Move } from "./kin.ts";
import { HEAD, Layout, PADDING, type Rect, ROW, type Route, TITLE } from "./layout.ts";
import type { Edge, Frame, PlacedBox, Stage } from "./stage.ts";
import type { Word } from "./words.ts";

export interface Node {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (Node | string)[];
}

/** Pixels that a character takes: of words, of meanings and labels, of names. */
const [MONO, SANS, BOLD] = [7.6, 6.9, 9.4];

/** Pixels from a box's border to its text. */
const INSET = 12;

/** The track of an edge or a move: clones and signals go along the edges of parents, all else along those of tracers. */
const trackOf = (kind: Edge["kind"] | Move["kind"]) =>
  ["parent", "terminal", "clone", "signal"].includes(kind) ? 0 : 1;

const NAMES = { parent: "parent of", tracer: "traces", terminal: "terminal of" } as const;

/**
 * @param width the pixels that there are. If columns do not fit, boxes stand below each other.
 * @param words whether boxes have words, and lines labels
 * @param title what stands under a drawing without words
 * @param links whether what has changed leads to the step that changed it, by an address of a page
 */
export function drawStage(
  stage: Stage,
  { width = 960, words = true, links = false, title = "" } = {},
): Node {
  const layout = new Layout(stage, width, words);
  const { boxes, edges, moves, frames, omitted, caption } = stage;
  const isFree = ({ kind, from, to }: Edge) => {
    const along = moves.filter((move) => trackOf(move.kind) === trackOf(kind));
    const isSame = (a: string, b: string) => (a === from && b === to) || (a === to && b === from);
    return !along.some((move) => isSame(move.from, move.to));
  };
  const named = words && !(layout.isNarrow && moves.length > 0);
  const more = omitted === 0 ? "" : `and ${omitted} more`;
  return node(
    "svg",
    {
      class: "stage",
      viewBox: `0 0 ${layout.width} ${layout.height + (title === "" ? 0 : 22)}`,
      role: links ? "group" : "img",
      "aria-label": fit(caption, 1000),
    },
    ...frames.map((frame) => drawFrame(frame, layout, words)),
    ...edges.map((edge) => drawEdge(edge, layout, named, isFree(edge))),
    ...moves.map((move) => drawMove(move, layout, words)),
    ...boxes.map((box) => drawBox(box, layout.rect(box.id), words, links)),
    ...(title === ""
      ? []
      : [text("name p0", layout.width / 2, layout.height + 12, fit(title, layout.width / 7))]),
    text("more", layout.width - INSET, layout.height - 6, more),
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

function drawFrame({ title, of }: Frame, layout: Layout, words: boolean): Node {
  const { x, y, width, height } = layout.around(of);
  const cut = words ? 0 : TITLE - PADDING;
  const around = block("around", x, y + cut, width, height - cut);
  return group("group", around, text("title", x + width - INSET, y + 17, words ? title : ""));
}

/** @param isFree whether nothing moves along it: then it has a head, and a name */
function drawEdge(edge: Edge, layout: Layout, named: boolean, isFree: boolean): Node {
  const { kind, from, to, past } = edge;
  const route = layout.route(from, to, trackOf(kind));
  const label = text("label", ...route.middle, named && !past && isFree ? NAMES[kind] : "");
  const line = drawLine(route).slice(0, isFree ? 2 : 1);
  return group(`edge ${kind}${past ? " past" : ""}`, ...line, label);
}

const drawLine = ({ path, head }: Route) => [
  node("path", { class: "line", d: path }),
  node("path", { class: "head", d: head }),
];

/** The line, and what comes out of the box at its beginning to rest in its middle. */
function drawMove({ kind, from, to, label, carries }: Move, layout: Layout, words: boolean): Node {
  const route = layout.route(from, to, trackOf(kind));
  const { start, middle } = route;
  const [x, y] = layout.isNarrow ? [layout.width / 2, middle[1] - 16] : middle;
  const room = layout.roomOf(from, to);
  const lines = layout.isNarrow
    ? [[label, ...carries].join(" · ")]
    : [...wrap(fit(label, 60), room), ...carries];
  const tags = lines.flatMap((line, i) => {
    const shown = fit(line, room);
    const wide = shown.length * SANS + 12;
    const top = y + 8 + i * 23;
    return [block("tag", x - wide / 2, top, wide, 20), text("label", x, top + 14, shown)];
  });
  // In a space scaled to the way, one unit is the whole way. By nothing nothing can be scaled back.
  const [dx, dy] = [x - start[0] || 0.01, y - start[1] || 0.01];
  const back = node("g", { transform: `scale(${1 / dx} ${1 / dy})` }, ...tags);
  const way = { transform: `scale(${dx} ${dy})` };
  const moving = words ? [node("g", way, group("moving", back))] : [];
  return group(`move ${kind}`, ...drawLine(route), ...moving);
}

function drawBox(box: PlacedBox, rect: Rect, words: boolean, links: boolean): Node {
  const { id, colour, state, told, acts, isNew } = box;
  const pid = box.terminal ? "" : `${box.pid}`;
  const { x, y, width, height } = rect;
  const look = [`box s-${state}`, acts && "acts", isNew && "new"].filter(Boolean);
  const frame = block("frame", x, y, width, height);
  const room = width - 2 * INSET;
  const named = fit(id, words ? (room - 20 - pid.length * MONO) / BOLD : (width - 8) / SANS);
  if (!words) {
    return group(look.join(" "), frame, text(`name p${colour}`, x + width / 2, y + 22, named));
  }
  return group(
    look.join(" "),
    frame,
    node("circle", { class: `dot p${colour}`, cx: x + INSET + 5, cy: y + 18, r: 5 }),
    text("name", x + INSET + 16, y + 23, named),
    text("pid", x + width - INSET, y + 23, pid),
    text("state", x + INSET, y + 42, fit(told, room / SANS)),
    ...box.words.map((word, i) => {
      const drawn = drawWord(word, rect, y + HEAD + 4 + i * ROW);
      if (word.by === null || !links) return drawn;
      const told = node("title", {}, `step ${stepNumber(word.by)} changed it`);
      return node("a", { href: `#step=${stepNumber(word.by)}` }, told, drawn);
    }),
  );
}

/** The signs of lines of code. */
const SIGNS: Partial<Record<Word["look"], string>> = { executed: "•", next: "▸" };

function drawWord(word: Word, { x, width }: Rect, y: number): Node {
  const { name, value, meaning, look, tags, bars } = word;
  const room = Math.floor((width - 2 * INSET) / MONO);
  const named = Math.max(name === "" ? 1 : 4, name.length) + 1;
  const rest = ((room - named - value.length - 1) * MONO) / SANS;
  // If there is no room for both, the meaning stands for the value: it names the process that the pid is of.
  const [shown, beside] = meaning.length > rest - 1 ? [meaning || value, ""] : [value, meaning];
  const head = [
    block("back", x + 6, y, width - 12, ROW - 1),
    text("term", x + INSET, y + 14, SIGNS[look] ?? fit(name, room)),
  ];
  const [left, right] = [x + INSET + named * MONO, x + width - INSET];
  if (tags !== undefined) return group(look, ...head, ...drawTags(tags, left, right, y));
  if (bars !== undefined) {
    const end = right - 4 * SANS;
    const told = text("meaning", right, y + 14, `${bars.filter(Boolean).length}`);
    return group(look, ...head, ...drawBars(bars, left, end, y), told);
  }
  return group(
    look,
    ...head,
    text("value", left, y + 14, fit(shown, room - named)),
    text("meaning", right, y + 14, beside),
  );
}

/** As many tags as there is room for, the last of which counts the others. */
function drawTags(tags: readonly string[], left: number, right: number, y: number): Node[] {
  const [first = "", ...more] = tags;
  const wide = Math.min(right - left, first.length * SANS + 14);
  const rest = left + wide + 4;
  const isLast = more.length > 0 && right - rest < (more[0]?.length ?? 0) * SANS + 40;
  const shown = isLast ? `${first} +${more.length}` : first;
  const own = Math.min(right - left, shown.length * SANS + 14);
  const tag = [
    block("tag", left, y + 1, own, ROW - 3),
    text("label", left + own / 2, y + 14, fit(shown, (own - 8) / SANS)),
  ];
  return isLast || more.length === 0 ? tag : [...tag, ...drawTags(more, rest, right, y)];
}

function drawBars(bars: readonly boolean[], left: number, right: number, y: number): Node[] {
  const pitch = (right - left) / Math.max(bars.length, 24);
  const path = (isThere: boolean) =>
    bars
      .map((bar, i) =>
        bar === isThere ? `M${Math.round(10 * (left + i * pitch)) / 10} ${y + 4}v11` : "",
      )
      .join("");
  const wide = Math.round(7 * pitch) / 10;
  return [true, false].map((isThere) =>
    node("path", { class: isThere ? "bars" : "bars gone", d: path(isThere), "stroke-width": wide }),
  );
}

function node(tag: string, attributes: Node["attributes"], ...children: Node["children"]): Node {
  return { tag, attributes, children };
}

const group = (name: string, ...children: Node[]) => node("g", { class: name }, ...children);

const block = (name: string, x: number, y: number, width: number, height: number) =>
  node("rect", { class: name, x, y, width, height });

const text = (name: string, x: number, y: number, content: string) =>
  node("text", { class: name, x, y }, content);

/** At most so many characters. */
function fit(content: string, room: number): string {
  const most = Math.max(1, Math.floor(room));
  const seen = visible(cut(content, 2000).text);
  return seen.length <= most ? seen : `${cut(seen, most - 1).text}…`;
}
