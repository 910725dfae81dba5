// Who is whose parent and tracer at a step, and where processes stand for that.

import { grouped } from "../../../lib/group.ts";
import type { Moments } from "../moment.ts";
import type { Arrow, Lane, Step } from "../recording.ts";

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

// What a step moves from one process to another.

/** From lane to lane; both may be the same. */
export interface Move {
  readonly kind: Arrow["kind"] | "request";
  readonly from: string;
  readonly to: string;
  /** "SIGSTOP", "SETREGS", "stopped by SIGSTOP". */
  readonly label: string;
  /** The words that go with it: "r15 = 4720". */
  readonly carries: readonly string[];
}

const isToOther = (step: Step | undefined) => step?.call != null && step.lane !== step.about;

/** What the call of a step sends or fetches; or the arrows that end with it, unless the step before has shown them. */
export function movesAt(moments: Moments, index: number): Move[] {
  const { steps, arrows } = moments.recording;
  const step = steps[index];
  if (step !== undefined && isToOther(step)) return [callOf(moments, step, index)];
  const ends = arrows.filter(
    ({ from, to }) =>
      Math.max(from, to) === index && (from !== index - 1 || !isToOther(steps[from])),
  );
  return ends.map(({ kind, from, to, label }) => ({
    kind,
    from: steps[from]?.lane ?? "",
    to: steps[to]?.lane ?? "",
    label: label.replace("PTRACE_", ""),
    carries: kind === "clone" ? messages(moments, to) : [],
  }));
}

/** A call or a request of one process that concerns another. */
function callOf(moments: Moments, step: Step, index: number): Move {
  const { lane, about, call } = step;
  const passed = call?.arguments ?? [];
  const request = requestOf(step);
  const signal = passed.find(({ told }) => /^SIG[A-Z0-9]+$/.test(told))?.told;
  const status = /^\[(.*): 0x/.exec(passed[1]?.told ?? "")?.[1]?.replace("PTRACE_", "");
  const isFetched = /^(GET|PEEK)/.test(request) || (request === "" && status !== undefined);
  const ends = isFetched ? { from: about, to: lane } : { from: lane, to: about };
  const kind = request !== "" ? "request" : call?.name === "wait4" ? "wait" : "signal";
  const labels = {
    request: signal === undefined ? request : `${request} ${signal}`,
    wait: status ?? `wait4 = ${call?.result?.told ?? "?"}`,
    signal: signal ?? call?.name ?? "",
  };
  const carries = request.startsWith("SETREG") ? messages(moments, index) : [];
  return { kind, ...ends, label: labels[kind], carries };
}

/** What registers tell a process: the call to make; who the parent of a clone must be, and that it is one. */
function messages({ arch, recording }: Moments, index: number): string[] {
  const { kind, registers } = recording.steps[index] ?? {};
  const { before = {}, after = {} } = registers ?? {};
  return [arch.NUMBER, arch.PARENT, arch.MARK].flatMap((name) => {
    const word = after[name];
    const isMessage = name !== arch.PARENT || after[arch.MARK] === "0x1";
    const isTold = kind === "clone" ? name !== arch.NUMBER : isMessage && word !== before[name];
    return word !== undefined && isTold ? [`${name} = ${BigInt.asIntN(64, BigInt(word))}`] : [];
  });
}
