// What the drawing of a moment has: the processes, who is whose parent and tracer, the words that matter, and what the
// step moves from one to another. Pure data: svg.ts draws it, and terminal/stage.ts in characters.

import { grouped } from "../../../lib/group.ts";
import type { Annotator } from "../annotate.ts";
import { hasEnded, type Moments } from "../moment.ts";
import type { Lane } from "../recording.ts";
import { type Box, boxOf } from "./box.ts";
import { type Move, movesAt, type Place, parentOf, placesOf, terminalOf, tracerOf } from "./kin.ts";

/** A process at its place. */
export interface PlacedBox extends Box, Place {}

/** From a parent to its child, from a tracer to its tracee, or from a terminal to who leads a session on it: their lanes. */
export interface Edge {
  readonly kind: "parent" | "tracer" | "terminal";
  readonly from: string;
  readonly to: string;
  /** Whether one of them has ended. */
  readonly past: boolean;
}

export interface Stage {
  readonly boxes: readonly PlacedBox[];
  readonly edges: readonly Edge[];
  readonly moves: readonly Move[];
  readonly frames: readonly Frame[];
  /** The size of the grid. */
  readonly columns: number;
  readonly rows: number;
  /** How many processes there are beyond those that are drawn. */
  readonly omitted: number;
  /** What is drawn, for those who do not see it. */
  readonly caption: string;
}

/** More boxes would not be seen. */
const MOST = 8;

/** A process with several threads, or a session. */
export interface Frame {
  readonly title: string;
  /** Their lanes. */
  readonly of: readonly string[];
}

const VERBS = {
  parent: "is the parent of",
  tracer: "traces",
  terminal: "is the terminal of",
} as const;

/** The stage at a step; in the introduction that of the first step, and at the end that of the last one. @param since the first of the steps whose changes are shown */
export function stageAt(moments: Moments, annotator: Annotator, at: number, since = at): Stage {
  const { lanes, steps } = moments.recording;
  const index = Math.max(0, Math.min(at, steps.length - 1));
  const step = steps[index];
  const there = lanes.filter(({ id }) => moments.isThere(id, index));
  const rank = ({ id }: Lane) => (id === step?.lane || id === step?.about ? 0 : 1);
  const few = there.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST);
  const places = placesOf(moments, lanes.length > MOST ? few : lanes);
  const boxes = there.flatMap((lane) => {
    const place = places.get(lane.id);
    return place === undefined
      ? []
      : [{ ...boxOf({ moments, annotator, index, since }, lane), ...place }];
  });
  const edges = boxes.flatMap((box) => {
    const { id, state } = box;
    const edge = (kind: Edge["kind"], from: string | undefined): Edge[] => {
      const other = boxes.find((box) => box.id === from && from !== id);
      const past = hasEnded(state) || hasEnded(other?.state ?? null);
      return other === undefined ? [] : [{ kind, from: other.id, to: id, past }];
    };
    const tracer = edge("tracer", tracerOf(moments, id, index));
    const others = [...tracer, ...edge("terminal", terminalOf(moments, box, index))];
    return [...edge("parent", parentOf(moments, id, index)), ...others.filter(({ past }) => !past)];
  });
  const moves = movesAt(moments, index).filter(
    ({ from, to }) => places.has(from) && places.has(to),
  );
  const frames = [...processesOf(boxes), ...sessionsOf(moments, boxes, index)];
  const told = [
    ...boxes.map(({ id, told }) => (told === "" ? id : `${id}: ${told}`)),
    ...frames.map(({ title, of }) => `${title}: ${of.join(", ")}`),
    ...edges.flatMap(({ kind, from, to, past }) => (past ? [] : [`${from} ${VERBS[kind]} ${to}`])),
    ...moves.map(({ from, to, label }) => `${label}: ${from} to ${to}`),
  ];
  const sizeOf = (way: keyof Place) =>
    1 + Math.max(0, ...[...places.values()].map((at) => at[way]));
  return {
    ...{ boxes, edges, moves, frames, columns: sizeOf("column"), rows: sizeOf("row") },
    omitted: there.length - boxes.length,
    caption: told.join("; "),
  };
}

function processesOf(boxes: readonly PlacedBox[]): Frame[] {
  const processes = grouped(boxes, ({ process }) => process);
  return [...processes].flatMap(([process, threads]) =>
    process === null || threads.length < 2
      ? []
      : [{ title: `process ${process}`, of: threads.map(({ id }) => id) }],
  );
}

/** Sessions, if there is a terminal that matters to them. */
function sessionsOf(moments: Moments, boxes: readonly PlacedBox[], index: number): Frame[] {
  if (!moments.recording.lanes.some(({ terminal }) => terminal)) return [];
  const viewOf = ({ id }: Lane) => moments.lane(id, index).kernel?.value;
  const sessions = grouped(boxes, (box) => viewOf(box)?.session);
  return [...sessions].flatMap(([session, members]) => {
    const foreground = members.map(viewOf).find((view) => view?.foreground != null)?.foreground;
    const on = foreground == null ? "no terminal" : `foreground group ${foreground}`;
    const of = members.map(({ id }) => id);
    return session === undefined ? [] : [{ title: `session ${session}, ${on}`, of }];
  });
}
