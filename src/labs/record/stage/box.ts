// One process of the stage.

import { hasEnded, type LaneState, type Moments } from "../moment.ts";
import { STATE_NAMES } from "../proc.ts";
import type { Lane } from "../recording.ts";
import { type At, codeOf, keysOf, type Word, wordsOf } from "./words.ts";

/** A process or thread, alive or ended. */
export interface Box extends Lane {
  /** 0 to 5, for the classes p0 to p5: by what it is, the same in all lessons. */
  readonly colour: number;
  readonly state: LaneState;
  /** The state in words: "ptrace stop · SIGTRAP", "zombie · SIGKILL"; empty if nothing is known of it. */
  readonly told: string;
  /** Whether it acts in this step. */
  readonly acts: boolean;
  /** Whether this step made it. */
  readonly isNew: boolean;
  /** What matters of it, and where it is in the code; of one that has ended, nothing. */
  readonly words: readonly Word[];
}

/** What processes are, by their lanes. Each row has a colour. */
const PARTS: readonly (readonly string[])[] = [
  ["host", "worker"],
  ["master", "stub", "parent", "second-parent", "subprocess", "guest"],
  ["grandchild", "child", "second-child", "mistaken"],
  ["tracer", "observer", "terminal", "main"],
  ["keeper"],
  ["control", "watched", "idle"],
];

/** The colour of a lane, 0 to 5: by what it is; of one that no lesson has, by its rank. */
export function colourOf(lanes: readonly Lane[], id: string): number {
  const part = PARTS.findIndex((ids) => ids.includes(id));
  const rank = lanes.findIndex((lane) => lane.id === id);
  return part >= 0 ? part : Math.max(0, rank) % PARTS.length;
}

export function boxOf(at: At, lane: Lane): Box {
  const { moments, index } = at;
  const { lanes, steps } = moments.recording;
  const step = steps[index];
  const acts = step?.lane === lane.id;
  const known = { ...lane, colour: colourOf(lanes, lane.id), acts };
  if (lane.terminal)
    return { ...known, state: null, told: "terminal", isNew: false, words: keysOf(at, lane) };
  const { state } = moments.lane(lane.id, index);
  const words = hasEnded(state) ? [] : [...wordsOf(at, lane), ...codeOf(at, lane)];
  const told = tellState(moments, lane.id, index);
  return { ...known, state, told, isNew: acts && step.kind === "clone", words };
}

/** Its state, with what led to it. */
function tellState(moments: Moments, id: string, index: number): string {
  const { state, stop } = moments.lane(id, index);
  const past = moments.recording.steps.slice(0, index + 1);
  const { lane, about, call } = past.at(-1) ?? {};
  if (lane === id && about !== id && call?.name === "wait4") return `waits for ${about}`;
  const told = STATE_NAMES[state ?? ""] ?? "";
  if (hasEnded(state)) {
    const end = past.findLast((step) => step.kind === "exit" && step.lane === id);
    const how = /^(?:killed by|exited with) (.+)/.exec(end?.title ?? "")?.[1];
    return how === undefined ? "ended" : `${told} · ${how}`;
  }
  const isSince = past.slice(stop ?? index).every((step, i) => i === 0 || step.lane !== id);
  const [signal, event] = /SIG[A-Z]+|EVENT_([A-Z]+)/.exec(past[stop ?? -1]?.title ?? "") ?? [];
  if (signal === undefined || !isSince) return told;
  if (state === "T") return `stopped by ${signal}`;
  return state === "t" ? `${told} · ${event ?? signal}` : told;
}
