import { grouped } from "../../../lib/group.ts";
import { plain } from "../../../lib/page/html.ts";
import { visible } from "../../../lib/visible.ts";
import { expectRecording } from "../load.ts";
import { Moments } from "../moment.ts";
import type { Lane, Recording, Step } from "../recording.ts";
import { type Track, trackIds } from "./perfetto_tracks.ts";
import { stepNumber } from "./told.ts";

/** The shortest slice, in microseconds: its middle, where arrows are bound, is a whole number inside it. */
const SHORTEST = 2;

/** One event of the trace event format; times in microseconds. */
interface TraceEvent {
  readonly ph: "M" | "X" | "i" | "s" | "f";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly [member: string]: unknown;
}

/**
 * A recording as a trace in Chrome's trace event format, which Perfetto opens: a track for each lane, a slice for
 * each step, a mark for what takes no time, and flows for the arrows.
 *
 * Only one lane acts at a time, so a step begins where the one before it ended, whosever that was. Slices do not
 * overlap, and each is at least 2 µs long, even where the clock did not move.
 */
export function renderPerfetto(recording: Recording): string {
  expectRecording(recording);
  const tracks = trackIds(recording.lanes);
  const trackOf = (lane: string) => tracks.get(lane) ?? { pid: 0, tid: 0 };
  const flows = grouped(flowEnds(recording), ({ step }) => step);

  const events = recording.lanes.flatMap((lane, i) => nameTrack(lane, trackOf(lane.id), i));
  const moments = new Moments(recording);
  let now = 0;
  for (const [i, step] of recording.steps.entries()) {
    const [start, end] = [now, Math.max(step.microseconds, now + SHORTEST)];
    const track = trackOf(step.lane);
    // A flow is bound to slices only, so a mark at its end is one.
    const about = {
      name: plain(step.title),
      cat: step.kind,
      ...track,
      args: argsOf(step, i, moments),
    };
    if (isMoment(step) && !flows.has(i)) events.push({ ph: "i", s: "t", ts: end, ...about });
    else events.push({ ph: "X", ts: start, dur: end - start, ...about });
    for (const { ph, id, kind, label } of flows.get(i) ?? []) {
      const binding = ph === "f" ? { bp: "e" } : {};
      const ts = start + SHORTEST / 2;
      events.push({ ph, id, name: plain(label), cat: kind, ts, ...track, ...binding });
    }
    now = end;
  }
  const { title, scenario, encoder, stublab, machine } = recording;
  const about = { title, scenario, encoder, stublab, kernel: machine.kernel };
  const otherData = Object.entries(about).map(([name, text]) => [name, visible(text)]);
  // Without displayTimeUnit: some versions of Perfetto take it for the unit of `ts`.
  const trace = { traceEvents: events, otherData: Object.fromEntries(otherData) };
  return `${JSON.stringify(trace)}\n`;
}

/** The names of a lane's track, and its place among the others; a process has those of its first thread. */
function nameTrack({ id, role }: Lane, track: Track, i: number): TraceEvent[] {
  const tell = (name: string, args: object): TraceEvent => ({ ph: "M", name, ...track, args });
  const thread = [
    tell("thread_name", { name: plain(id) }),
    tell("thread_sort_index", { sort_index: i }),
  ];
  if (track.pid !== track.tid) return thread;
  return [
    tell("process_name", { name: plain(id) }),
    tell("process_labels", { labels: plain(role) }),
    tell("process_sort_index", { sort_index: i }),
    ...thread,
  ];
}

/** What happens to a lane and takes it no time. */
function isMoment({ kind }: Step): boolean {
  return kind === "signal" || kind === "stop" || kind === "note";
}

/** Where flows start and end. They go forward in time only. */
function flowEnds({ arrows }: Recording) {
  const forward = arrows.filter(({ from, to }) => from < to);
  return forward.flatMap(({ kind, from, to, label }, i) => [
    { ph: "s", step: from, id: i + 1, kind, label } as const,
    { ph: "f", step: to, id: i + 1, kind, label } as const,
  ]);
}

/** All that is known of a step; of its registers, those that changed. */
function argsOf(step: Step, index: number, moments: Moments): object {
  const changed = moments.changedAt(index);
  const { why, about, call, instruction, kernel, observer, microseconds } = step;
  return {
    step: stepNumber(index),
    title: visible(step.title),
    why: visible(why),
    about: visible(about),
    microseconds,
    ...(call !== null && { call: tellCall(call) }),
    ...(instruction !== null && {
      address: instruction.address,
      code: `${visible(instruction.code)}+${instruction.offset}`,
    }),
    ...(changed.length > 0 && {
      registers: Object.fromEntries(
        changed.map(({ name, before, after }) => [visible(name), `${before} → ${after}`]),
      ),
    }),
    ...(kernel !== null && { kernel: tellKernel(kernel) }),
    ...(observer !== null && { observer: visible(observer) }),
  };
}

function tellCall({ name, arguments: given, result }: NonNullable<Step["call"]>): string {
  const told = given.map((argument) => argument.told).join(", ");
  return visible(`${name}(${told}) = ${result === null ? "?" : result.told}`);
}

function tellKernel(kernel: NonNullable<Step["kernel"]>): object {
  const { state, memory, ...numbers } = kernel;
  return {
    state: visible(state),
    ...numbers,
    ...(memory !== null && { memory: memory.map((line) => visible(line)) }),
  };
}
