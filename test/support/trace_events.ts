import { count, list, members, nullable, oneOf, type Shape, text } from "../../src/lib/shape.ts";

// The rules of the trace event format, as its description and Perfetto's importer of it have them.

const PHASES = ["M", "X", "i", "s", "f"] as const;

export interface TraceEvent {
  readonly ph: (typeof PHASES)[number];
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly id: number | null;
  readonly cat: string | null;
  readonly args: Readonly<Record<string, unknown>>;
}

const ID = count(2 ** 31 - 1);
const TIME = count(Number.MAX_SAFE_INTEGER);

const anything: Shape<Readonly<Record<string, unknown>>> = (value, place) => {
  const read = members(value ?? {}, place);
  return Object.fromEntries(
    Object.keys(value ?? {}).map((name) => [name, read(name, (member) => member)]),
  );
};

const event: Shape<TraceEvent> = (value, place) => {
  const read = members(value, place);
  const ph = read("ph", oneOf(PHASES));
  const timed = ph !== "M";
  const flow = ph === "s" || ph === "f";
  if (ph === "i") read("s", oneOf(["g", "p", "t"]));
  if (ph === "f") read("bp", oneOf(["e"]));
  return {
    ph,
    name: read("name", text),
    pid: read("pid", ID),
    tid: read("tid", ID),
    ts: timed ? read("ts", TIME) : 0,
    dur: ph === "X" ? read("dur", TIME) : 0,
    id: flow ? read("id", ID) : null,
    cat: timed ? read("cat", text) : read("cat", (cat) => nullable(text)(cat ?? null, place)),
    args: read("args", anything),
  };
};

/**
 * Reads a trace and holds it against the rules.
 *
 * @throws Error that says which event breaks which.
 */
export function readTrace(json: string): TraceEvent[] {
  const read = members(JSON.parse(json), "trace");
  // Perfetto has a tokenizer of its own: versions of it took this for the unit of times, and read no \u.
  if (json.includes("displayTimeUnit"))
    throw new Error("times are microseconds, whatever is displayed");
  if (/(?<!\\)(\\\\)*\\u/.test(json)) throw new Error("there is an escape by number");
  const events = read("traceEvents", list(event, 1_000_000));
  expectNames(events);
  expectOrder(events);
  for (const slices of tracksOf(events).values()) expectNesting(slices);
  expectFlows(events);
  return events;
}

const keyOf = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;

/** The slices of each track. */
export function tracksOf(events: readonly TraceEvent[]): Map<string, TraceEvent[]> {
  const tracks = new Map<string, TraceEvent[]>();
  for (const each of events) {
    if (each.ph !== "X") continue;
    tracks.set(keyOf(each), [...(tracks.get(keyOf(each)) ?? []), each]);
  }
  return tracks;
}

/** Processes and threads have a number that is not the idle task's, one thread each, and a name. */
function expectNames(events: readonly TraceEvent[]): void {
  const threads = new Map<number, number>();
  const named = new Set<string>();
  for (const { ph, name, pid, tid, args } of events) {
    if (pid < 1 || tid < 1) throw new Error(`${pid}/${tid}: 0 is the idle task`);
    if ((threads.get(tid) ?? pid) !== pid) throw new Error(`thread ${tid} is in two processes`);
    threads.set(tid, pid);
    if (ph !== "M") continue;
    const read = members(args, name);
    if (name === "process_labels") read("labels", text);
    else if (name.endsWith("_sort_index")) read("sort_index", ID);
    else read("name", text);
    const key = name.startsWith("process") ? `${name} ${pid}` : `${name} ${tid}`;
    if (named.has(key)) throw new Error(`${key} is told twice`);
    named.add(key);
  }
  for (const [tid, pid] of threads) {
    for (const key of [`process_name ${pid}`, `thread_name ${tid}`]) {
      if (!named.has(key)) throw new Error(`there is no ${key}`);
    }
  }
}

function expectOrder(events: readonly TraceEvent[]): void {
  let now = 0;
  for (const { ts, ph, name } of events) {
    if (ph === "M") continue;
    if (ts < now) throw new Error(`"${name}" at ${ts} comes after ${now}`);
    now = ts;
  }
}

/** Slices of a track lie inside each other or apart; those of lanes that act one by one lie apart, and are seen. */
function expectNesting(slices: readonly TraceEvent[]): void {
  let end = 0;
  for (const { name, ts, dur } of slices) {
    if (dur < 1) throw new Error(`"${name}" takes no time`);
    if (ts < end) throw new Error(`"${name}" begins at ${ts}, inside what ends at ${end}`);
    end = ts + dur;
  }
}

/** A flow has one start and one end, later than it, each in the middle of a slice. */
function expectFlows(events: readonly TraceEvent[]): void {
  const starts = new Map<string, TraceEvent>();
  const ended = new Set<string>();
  const tracks = tracksOf(events);
  for (const each of events) {
    if (each.ph !== "s" && each.ph !== "f") continue;
    const slices = (tracks.get(keyOf(each)) ?? []).filter(
      ({ ts, dur }) => ts < each.ts && each.ts < ts + dur,
    );
    if (slices.length !== 1) throw new Error(`flow ${each.id} is bound to ${slices.length} slices`);
    const key = `${each.cat} ${each.name} ${each.id}`;
    if (each.ph === "s") {
      if (starts.has(key)) throw new Error(`flow ${key} starts twice`);
      starts.set(key, each);
      continue;
    }
    const start = starts.get(key);
    if (start === undefined || ended.has(key)) throw new Error(`flow ${key} ends without a start`);
    if (start.ts >= each.ts) throw new Error(`flow ${key} goes back in time`);
    ended.add(key);
  }
  if (ended.size !== starts.size) throw new Error("a flow does not end");
}
