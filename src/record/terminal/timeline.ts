import type { Recording } from "../recording.ts";
import { lives } from "../view/told.ts";
import { draw, fit, type Line, type Span, say } from "./frame.ts";
import { KINDS } from "./kinds.ts";
import { type State, seenAt } from "./state.ts";

/** The most columns that a step takes, and an id. */
const WIDEST_STEP = 3;
const WIDEST_ID = 14;

/** The lanes, each with its steps, and under them a line that shows where one is. */
export function tellTimeline(state: State, width: number, rows: number): Line[] {
  const { recording } = state;
  const { lanes, steps } = recording;
  const gutter = gutterOf(recording);
  const room = width - gutter;
  const scale = Math.max(1, Math.min(WIDEST_STEP, Math.floor(room / steps.length)));
  const visible = Math.floor(room / scale);
  const at = seenAt(state);
  const first = clamp(at - Math.floor(visible / 2), 0, Math.max(0, steps.length - visible));
  const window = { first, visible, scale, at };
  const spans = livesOf(recording);
  const shown = chosenLanes(state, rows).map((lane) => {
    const { id, pid } = lanes[lane] ?? { id: "", pid: 0 };
    const mark = draw(id === state.lane ? "▶" : " ", "strong");
    const name = [say(id), draw(" "), say(String(pid), "faint")];
    const life = spans.get(id) ?? ([0, -1] as const);
    return fit(
      [mark, ...fit(name, gutter - 2), draw(" "), ...laneSpans(recording, id, life, window)],
      width,
    );
  });
  return [...shown, ruler(gutter, width, steps.length, window)];
}

const known = new WeakMap<Recording, ReturnType<typeof lives>>();

function livesOf(recording: Recording): ReturnType<typeof lives> {
  const spans = known.get(recording) ?? lives(recording);
  known.set(recording, spans);
  return spans;
}

/** The part of the steps that is seen. */
interface Window {
  readonly first: number;
  readonly visible: number;
  /** Columns that a step takes. */
  readonly scale: number;
  readonly at: number;
}

function gutterOf({ lanes }: Recording): number {
  const widest = Math.max(0, ...lanes.map(({ id }) => Math.min(id.length, WIDEST_ID)));
  const pid = Math.max(0, ...lanes.map((lane) => String(lane.pid).length));
  return 1 + widest + 1 + pid + 1;
}

/** The indices of the lanes that find room: those around the one that is looked at. */
function chosenLanes(
  { recording: { lanes, steps }, lane, ...state }: State,
  rows: number,
): number[] {
  const of = lane ?? steps[state.asked === null ? state.at : state.at - 1]?.lane;
  const index = Math.max(
    0,
    lanes.findIndex(({ id }) => id === of),
  );
  const first = clamp(index - Math.floor(rows / 2), 0, Math.max(0, lanes.length - rows));
  return [...lanes.keys()].slice(first, first + rows);
}

function laneSpans(
  { steps }: Recording,
  id: string,
  [from, to]: readonly [number, number],
  { first, visible, scale, at }: Window,
): Span[] {
  const spans: Span[] = [];
  for (const [i, step] of steps.slice(first, first + visible).entries()) {
    const index = first + i;
    const line = index >= from && index <= to ? "─" : " ";
    const tail = index < to ? line : " ";
    const own = step.lane === id;
    const mark = own ? KINDS[step.kind].mark : line;
    spans.push(draw(mark, own && index === at ? "now" : own ? "plain" : "faint"));
    spans.push(draw(tail.repeat(scale - 1), "faint"));
  }
  return spans;
}

function ruler(
  gutter: number,
  width: number,
  steps: number,
  { first, visible, scale, at }: Window,
): Line {
  const more = [first > 0 ? "←" : "─", first + visible < steps ? "→" : "─"];
  const column = gutter + (at - first) * scale;
  const line = [
    ...`${"─".repeat(Math.max(0, gutter - 1))}${more[0]}${"─".repeat(Math.max(0, width - gutter - 1))}${more[1]}`,
  ];
  if (at >= 0 && at < steps && column < width) line[column] = "▲";
  return fit([draw(line.slice(0, width).join(""), "faint")], width);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
