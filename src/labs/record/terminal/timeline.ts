import type { LaneState } from "../moment.ts";
import { seenAt, signOf } from "../reading.ts";
import type { Recording } from "../recording.ts";
import { KINDS } from "../tell.ts";
import { draw, fit, type Line, type Span, type Style, say } from "./frame.ts";
import type { State } from "./state.ts";

/** The most columns that a step takes, and an id. */
const WIDEST_STEP = 3;
const WIDEST_ID = 14;

/** How the line of a lane is drawn in each state of its process. */
const LINES: Readonly<Record<NonNullable<LaneState>, readonly [sign: string, style: Style]>> = {
  R: ["━", "running"],
  S: ["━", "running"],
  D: ["━", "running"],
  T: ["─", "stopped"],
  t: ["─", "stopped"],
  Z: ["~", "ended"],
  X: [" ", "ended"],
};

/** How the sign of a question is drawn. */
const OUTCOMES = { open: "strong", right: "good", wrong: "bad", shown: "plain" } as const;

/** The part of the steps that is seen. */
interface Window {
  readonly first: number;
  readonly visible: number;
  /** Columns that a step takes. */
  readonly scale: number;
  readonly gutter: number;
  readonly at: number;
}

/** The lanes, each with its steps so far, and under them a line that shows where one is, and where questions are. */
export function tellTimeline(state: State, width: number, rows: number): Line[] {
  const { lanes, steps } = state.recording;
  const gutter = gutterOf(state.recording);
  const room = width - gutter;
  const scale = Math.max(1, Math.min(WIDEST_STEP, Math.floor(room / steps.length)));
  const visible = Math.floor(room / scale);
  const at = seenAt(state);
  const first = clamp(at - Math.floor(visible / 2), 0, Math.max(0, steps.length - visible));
  const window = { first, visible, scale, gutter, at };
  const links = linksOf(state, window);
  const shown = chosenLanes(state, rows).map((index) => {
    const { id, pid } = lanes[index] ?? { id: "", pid: 0 };
    const now = state.moments.lane(id, at).state;
    const isThere = state.moments.isThere(id, state.reached);
    const name = [say(id), draw(" "), say(isThere ? String(pid) : "", "faint")];
    const head = [
      draw(id === state.lane ? "▶" : " ", "strong"),
      ...fit(name, gutter - 4),
      draw(` ${now ?? " "} `, now === null ? "plain" : LINES[now][1]),
    ];
    return fit([...head, ...laneSpans(state, index, links, window)], width);
  });
  return [...shown, ruler(state, width, window)];
}

function gutterOf({ lanes }: Recording): number {
  const widest = Math.max(0, ...lanes.map(({ id }) => Math.min(id.length, WIDEST_ID)));
  const pid = Math.max(0, ...lanes.map((lane) => String(lane.pid).length));
  return 1 + widest + 1 + pid + 3;
}

/** The indices of the lanes that find room: those around the one that is looked at. */
function chosenLanes(state: State, rows: number): number[] {
  const { lanes, steps } = state.recording;
  const of = state.lane ?? steps[seenAt(state)]?.lane;
  const index = Math.max(
    0,
    lanes.findIndex(({ id }) => id === of),
  );
  const first = clamp(index - Math.floor(rows / 2), 0, Math.max(0, lanes.length - rows));
  return [...lanes.keys()].slice(first, first + rows);
}

/** What goes from one lane to another at a step: from the lane that acts, or to it. */
interface Link {
  readonly acts: number;
  readonly other: number;
  readonly isRequest: boolean;
}

/** The links that are drawn, by their steps. A request comes first: an arrow may say the same. */
function linksOf(
  { recording, moments, reached }: State,
  { first, visible }: Window,
): ReadonlyMap<number, readonly Link[]> {
  const { lanes, steps } = recording;
  const rows = new Map(lanes.map(({ id }, i) => [id, i]));
  const links = new Map<number, Link[]>();
  const add = (
    at: number,
    from: string | undefined,
    to: string | undefined,
    isRequest: boolean,
  ) => {
    const [acts, other] = [rows.get(from ?? ""), rows.get(to ?? "")];
    if (acts === undefined || other === undefined || acts === other) return;
    links.set(at, [...(links.get(at) ?? []), { acts, other, isRequest }]);
  };
  const end = Math.min(first + visible, reached + 1);
  for (const [i, { lane, about, kind }] of steps.slice(first, end).entries()) {
    if (kind !== "note") add(first + i, lane, about, true);
  }
  for (const { from, to } of moments.arrowsUpTo(reached)) {
    const [cause, effect] = [Math.min(from, to), Math.max(from, to)];
    if (effect >= first && effect < end)
      add(effect, steps[effect]?.lane, steps[cause]?.lane, false);
  }
  return links;
}

function laneSpans(
  { recording, moments, reached }: State,
  row: number,
  links: ReadonlyMap<number, readonly Link[]>,
  { first, visible, scale, at }: Window,
): Span[] {
  const id = recording.lanes[row]?.id ?? "";
  const [from, to] = moments.life(id, reached) ?? [0, -1];
  const spans: Span[] = [];
  for (let i = first; i < Math.min(first + visible, reached + 1); i++) {
    const step = recording.steps[i];
    if (step === undefined) break;
    const state = i >= from && i <= to ? moments.lane(id, i).state : "X";
    const [line, style] = state === null ? (["─", "faint"] as const) : LINES[state];
    const crossing = crossingOf(row, links.get(i) ?? [], line);
    const now = i === at ? "now" : undefined;
    const usual = step.staged ? "faint" : "plain";
    if (step.lane === id) spans.push(draw(KINDS[step.kind].mark, now ?? usual));
    else if (crossing !== undefined) spans.push(draw(crossing, i === at ? "strong" : "faint"));
    else spans.push(draw(line, style));
    spans.push(draw((i < to ? line : " ").repeat(scale - 1), style));
  }
  return spans;
}

/** What of the links of a step is drawn in a row; undefined if nothing is. */
function crossingOf(row: number, links: readonly Link[], line: string): string | undefined {
  for (const { acts, other, isRequest } of links) {
    if (row === other && isRequest) return acts < other ? "↓" : "↑";
    if (row === other) return acts < other ? "┴" : "┬";
  }
  const crosses = links.some(
    ({ acts, other }) => row > Math.min(acts, other) && row < Math.max(acts, other),
  );
  return crosses ? (line === " " ? "│" : "┼") : undefined;
}

function ruler(state: State, width: number, { first, visible, scale, gutter, at }: Window): Line {
  const { recording, answers, asked, asks } = state;
  const { steps, questions } = recording;
  const more = [first > 0 ? "←" : "─", first + visible < steps.length ? "→" : "─"];
  const line: Span[] = [
    ...`${"─".repeat(Math.max(0, gutter - 1))}${more[0]}${"─".repeat(Math.max(0, width - gutter - 1))}${more[1]}`,
  ].map((sign) => draw(sign, "faint"));
  const put = (index: number, span: Span) => {
    const column = gutter + (index - first) * scale;
    const isSeen = index >= first && index < first + visible && index < steps.length;
    if (isSeen && column < width) line[column] = span;
  };
  for (const [i, { step, answer }] of asks ? questions.entries() : []) {
    const [sign, outcome] = signOf(answers.get(i), answer);
    put(step, draw(sign, i === asked ? "now" : OUTCOMES[outcome]));
  }
  if (at >= 0) put(at, draw("▲", "strong"));
  return fit(line, width);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
