// Who is whose parent and tracer at a step, and where processes stand for that.

import { grouped } from "../../../lib/group.ts";
import type { Moments } from "../moment.ts";
import type { Lane, Step } from "../recording.ts";

/** In a grid: children are right of their parents, and threads of a process below each other. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

/**
 * The lane of a process's parent, a thread if that is known: as /proc reported it last, or if it was not asked yet, first; otherwise by the clone.
 * A process keeps its parent as long as that lives.
 */
export function parentOf(moments: Moments, id: string, index: number): string | undefined {
  const { steps, arrows } = moments.recording;
  const first = steps.find(({ about, kernel }) => about === id && kernel !== null);
  const view = moments.lane(id, index).kernel?.value ?? first?.kernel;
  if (view) return moments.lanesByPid.get(view.parentTid ?? view.parentPid)?.id;
  const birth = arrows.find(({ kind, to }) => kind === "clone" && steps[to]?.lane === id);
  return birth && steps[birth.from]?.lane;
}

/** The lane of its tracer: as /proc reported it, or the one that has made a request since. */
export function tracerOf(moments: Moments, id: string, index: number): string | undefined {
  const tells = ({ about, lane, kind, kernel }: Step) =>
    about === id && (kernel !== null || (kind === "ptrace" && lane !== id));
  const step = moments.recording.steps.slice(0, index + 1).findLast(tells);
  if (step?.kernel) return moments.lanesByPid.get(step.kernel.tracerTid)?.id;
  return step === undefined || requestOf(step) === "DETACH" ? undefined : step.lane;
}

/** The lane of the terminal that it leads a session on. */
export function terminalOf(moments: Moments, { id, pid }: Lane, index: number): string | undefined {
  const view = moments.lane(id, index).kernel?.value;
  const leads = view != null && view.session === pid && view.foreground !== null;
  return leads ? moments.recording.lanes.find(({ terminal }) => terminal)?.id : undefined;
}

/** The ptrace request of a step without its prefix, such as "SETREGS"; empty for other steps. */
export function requestOf({ kind, call }: Step): string {
  return kind === "ptrace" ? (call?.arguments[0]?.told ?? "").replace("PTRACE_", "") : "";
}

/** The places of lanes, the same at all steps: by their first parents, or if those are not among them, last tracers. */
export function placesOf(moments: Moments, lanes: readonly Lane[]): ReadonlyMap<string, Place> {
  const leftOf = (of: Lane): Lane | undefined => {
    const [{ id }, end] = [of, moments.length];
    const own = [
      parentOf(moments, id, -1),
      tracerOf(moments, id, end),
      terminalOf(moments, of, end),
    ];
    const left = own.find((other) => other !== id && lanes.some((lane) => lane.id === other));
    return lanes.find((lane) => lane.id === left);
  };
  const rights = grouped(lanes, leftOf);
  const sizeOf = (lane: Lane) => rights.get(lane)?.length ?? 0;
  const places = new Map<string, Place>();
  const free: number[] = [];
  const put = (lane: Lane, column: number, least: number) => {
    if (places.has(lane.id)) return;
    const row = Math.max(least, free[column] ?? 0);
    places.set(lane.id, { column, row });
    free[column] = row + 1;
    for (const right of rights.get(lane) ?? []) put(right, column + 1, row);
    const isThread = ({ process }: Lane) => process !== null && process === lane.process;
    for (const thread of lanes.filter(isThread)) put(thread, column, 0);
  };
  // Trees first, then what stands alone; last what a circle of parents and tracers leaves.
  const roots = (rights.get(undefined) ?? []).toSorted((a, b) => sizeOf(b) - sizeOf(a));
  for (const lane of [...roots, ...lanes]) put(lane, 0, 0);
  return places;
}
